"""Rate controllers of learned codecs, one file each: side information to rates."""
