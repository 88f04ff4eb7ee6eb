"""Describers, one file each: an image in, a description in words out."""
