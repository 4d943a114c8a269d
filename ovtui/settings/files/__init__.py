"""Files that a person keeps: the config file, presets, and where they lie."""
