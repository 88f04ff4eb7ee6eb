"""Training for minutes on a remote accelerator: a packed tree, a loop in JAX."""
