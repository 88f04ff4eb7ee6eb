"""The two ends of a session, and the air between them."""
