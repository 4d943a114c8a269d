"""The settings by group: type and FieldSpec of each. Their names and defaults are in schema.settings."""
