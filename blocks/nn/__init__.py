"""Networks of learned codecs, in Keras 3; they train and run on any backend."""
