"""The composition root: command line, figures, measurements."""
