"""The parts of a semantic link: sources, controllers, tasks, codecs."""
