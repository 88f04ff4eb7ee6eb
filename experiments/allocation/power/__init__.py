"""Power over users with semantic importance, against distortion water-filling."""
