"""Cells with traffic, for many episodes at once: by a table, or over the link."""
