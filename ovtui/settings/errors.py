class SettingsError(ValueError):
    """A value, a preset or a file of settings that cannot be used; the text is one sentence for a person."""
