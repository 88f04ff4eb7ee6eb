"""Semantic transmitters of this project."""
