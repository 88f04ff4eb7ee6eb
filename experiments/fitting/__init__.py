"""Makes the tables and statistics that components ship with."""
