"""Dispatchers, one file each."""
