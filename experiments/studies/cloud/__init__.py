"""What the cloud decides: which edge holds what, and which frames it sees itself."""
