"""Extractors of learned codecs, one file each: pixels to latents."""
