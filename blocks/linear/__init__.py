"""The linear analog code: model, classes of blocks, and payloads."""
