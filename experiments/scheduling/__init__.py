"""Learned schedulers: a small problem with its optimum, and cells by the table."""
