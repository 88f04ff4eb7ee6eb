"""Transmitters to compare with, one file each."""
