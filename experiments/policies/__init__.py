"""Training of the channel knowledge base: PPO with the codec in its environment."""
