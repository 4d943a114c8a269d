"""What can be set: one typed schema, presets, and where each value came from."""
