"""Text encoders, one file each: descriptions in, embeddings out."""
