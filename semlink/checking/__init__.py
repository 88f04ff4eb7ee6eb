"""Measures whether a component keeps its contract, rule by rule."""
