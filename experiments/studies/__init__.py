"""Measurements of transmitters, and comparisons."""
