"""Training of the learned codecs: needs keras, numpy and Pillow, on any backend."""
