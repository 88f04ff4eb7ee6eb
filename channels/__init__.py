"""Channels, one file each: symbols in, equalised symbols and their noise out."""
