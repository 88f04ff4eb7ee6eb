"""Storage on disk: results, caches, atomic files."""
