"""Adapters: reports into the setting of the next frame, one file each."""
