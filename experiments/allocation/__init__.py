"""Allocation of power, bandwidth, subchannels and semantic bits, and its optima."""
