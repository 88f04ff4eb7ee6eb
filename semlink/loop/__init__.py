"""Feedback and exchanges between the two ends of a link."""
