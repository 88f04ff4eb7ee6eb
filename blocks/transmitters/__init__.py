"""Semantic transmitters of the project's own."""
