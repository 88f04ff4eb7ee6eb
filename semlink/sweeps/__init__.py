"""A grid of points: what is repeated at each, when it is enough, and its rows."""
