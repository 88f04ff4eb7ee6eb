"""Training of the learned codecs, with keras, numpy and Pillow, on any backend."""
