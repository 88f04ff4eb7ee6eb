"""Networks of learned schedulers."""
