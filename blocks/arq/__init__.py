"""Selective retransmission for analog codes."""
