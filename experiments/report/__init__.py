"""One HTML file that shows a run: curves, table, pictures, and how they were made."""
