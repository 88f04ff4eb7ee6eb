"""Questions on pictures, their answers, and the score of an answer."""
