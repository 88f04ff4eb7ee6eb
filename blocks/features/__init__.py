"""A linear code of the features of a network cut in two."""
