"""Conversion of published networks to the project's format."""
