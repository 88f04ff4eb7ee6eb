"""Where the images come from: one file per source."""
