"""What goes back and forth between the two ends of a link."""
