"""Placement of analog dimensions by the channel's state in each resource block."""
