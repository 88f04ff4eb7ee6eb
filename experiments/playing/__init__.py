"""Scenarios, their components built once, and what a session can offer."""
