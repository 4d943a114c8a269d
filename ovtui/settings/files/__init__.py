"""The files of a person: the config file, presets, and their paths."""
