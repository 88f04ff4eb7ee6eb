"""Pictures in words, and words in bits: describers, entropy coders, statistics."""
