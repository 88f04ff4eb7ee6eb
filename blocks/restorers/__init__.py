"""Restorers of learned codecs, one file each: latents to pixels."""
