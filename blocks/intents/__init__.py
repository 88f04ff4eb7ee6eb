"""Readers of intents: what a user says becomes a structure."""
