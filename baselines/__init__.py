"""Baseline transmitters, one file each."""
