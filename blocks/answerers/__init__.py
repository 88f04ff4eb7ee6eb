"""Answerers, one file each: a question on received data in, an answer out."""
