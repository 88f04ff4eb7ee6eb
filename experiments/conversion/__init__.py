"""Networks of other projects, converted to files that semlink reads."""
