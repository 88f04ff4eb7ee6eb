"""Measures the table of utility with the link itself, and checks it."""
