"""Cells by a measured table: thousands of slots a second, for many episodes at once."""
