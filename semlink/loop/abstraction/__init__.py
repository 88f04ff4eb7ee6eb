"""A measured table of utility in place of the link itself."""
