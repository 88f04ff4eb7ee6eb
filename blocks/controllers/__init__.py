"""Rate controllers of learned codecs, one file each: what both ends know to rates."""
