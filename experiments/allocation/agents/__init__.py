"""Agents of TF-Agents that learn to allocate, in a process of their own."""
