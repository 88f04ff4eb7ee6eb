"""Checks of what components are and return, one line for each fault.

The engine calls a check wherever it calls a component, so components need none.
"""
