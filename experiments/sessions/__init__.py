"""Sessions as a person sees them: rows, a live table, files of a run."""
