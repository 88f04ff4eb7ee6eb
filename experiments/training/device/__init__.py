"""Training on a lent accelerator, for minutes: a tree that travels, a loop in JAX."""
