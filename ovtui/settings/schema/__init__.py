"""Every setting: its name, type, default, range, help and effect."""
