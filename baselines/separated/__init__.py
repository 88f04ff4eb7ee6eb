"""The separated link that all picture codecs share, and parts of codecs."""
