"""What samples and estimates contain beside pictures, and what receivers ask."""
