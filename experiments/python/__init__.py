"""The interface for Python and notebooks; ``docs/python.md`` describes it."""
