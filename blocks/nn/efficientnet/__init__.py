"""EfficientNet-Lite, and its half at a receiver."""
