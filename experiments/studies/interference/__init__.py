"""Interference of OFDM: the channels' model against a simulation in time."""
