"""Measurements and comparisons of transmitters."""
