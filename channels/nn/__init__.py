"""Differentiable twins of the channels, for training without TensorFlow or Sionna."""
