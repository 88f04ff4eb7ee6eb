"""Object detectors: one file each, by name."""
