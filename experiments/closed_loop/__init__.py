"""What closing the loop is worth, against the best of open loops."""
