"""Knowledge bases: descriptions with embeddings, and their use in a link."""
