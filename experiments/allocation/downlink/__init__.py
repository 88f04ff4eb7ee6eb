"""Subchannels, semantic bits, power and bandwidth of a downlink."""
