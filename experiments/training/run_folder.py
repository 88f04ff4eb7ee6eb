"""Names of the files in the folder of a training run."""

CONFIG = "config.json"  # the recipe
STATE = "state.npz"  # every variable, after the last whole epoch
WEIGHTS = "model.weights.h5"  # the averages, after the last whole epoch
