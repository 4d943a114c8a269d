class SettingsError(ValueError):
    """A value, preset or settings file that cannot be used. The text is one sentence for a person."""
