"""Intent and signalling: what the ends say to each other, and its bits."""
