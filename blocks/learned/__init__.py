"""Transmitter and receiver of the learned codecs."""
