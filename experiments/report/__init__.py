"""A report of a run in one HTML file: curves, table, pictures, provenance."""
