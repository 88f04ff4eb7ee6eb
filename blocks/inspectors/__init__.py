"""Inspectors: what a receiver itself expects to be wrong, one file each."""
