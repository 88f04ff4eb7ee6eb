"""Tasks: what an estimate is good for."""
