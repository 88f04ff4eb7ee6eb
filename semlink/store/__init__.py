"""What is kept on disk: results, caches, whole files."""
