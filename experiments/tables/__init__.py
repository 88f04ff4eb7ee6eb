"""Tables of a run for papers: means with intervals, and Bjontegaard deltas."""
