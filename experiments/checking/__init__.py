"""Checks of components by the contracts of their kinds."""
