"""Contracts and engine of the link-level simulator for semantic communications."""

__version__ = "0.1.0"
