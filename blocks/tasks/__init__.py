"""Tasks: metrics of estimates."""
