"""The classifier behind features, whole and cut in two."""
