"""Schedulers: a pool of channel uses shared among demands, one file each."""
