"""Trains the channel knowledge base: PPO on the codec that it corrects."""
