"""Sweeps over a grid of points: trials, stopping rules, rows of results."""
