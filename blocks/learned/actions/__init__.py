"""Signalled actions of the channel knowledge base."""
