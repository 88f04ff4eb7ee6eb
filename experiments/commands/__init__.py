"""The command line: what each command does with the engine."""
