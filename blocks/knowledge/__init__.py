"""Knowledge bases: descriptions by embedding, and their use in a link."""
