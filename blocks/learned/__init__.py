"""Transmitter and receiver of learned codecs."""
