"""The schema: name, type, default, range, help and effect of every setting."""
