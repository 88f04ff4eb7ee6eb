"""Fitting of the code that sends features: statistics, and the receiver's half."""
