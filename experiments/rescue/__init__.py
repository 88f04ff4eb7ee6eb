"""One rescue, played, drawn and listed."""
