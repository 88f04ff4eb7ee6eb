"""Figures of a run for papers: what is drawn, how, and on which paper."""
