"""The command that shows one episode of a scenario."""
