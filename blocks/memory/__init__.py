"""What both ends of a link remember: sites, by content, within a capacity."""
