"""A detector at the edge and one in the cloud, which sees what the first doubts."""
