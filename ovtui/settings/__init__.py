"""Settings: one typed schema, presets and the config file, OpenVINO's properties, and the origin of each value."""
