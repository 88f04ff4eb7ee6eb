"""PPO-Lagrangian: agents, multipliers, and the training on both problems."""
