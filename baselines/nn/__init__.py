"""Networks of the baselines, in Keras 3."""
