"""The result of a session: one model, and its rendering as JSON and as the text summary."""
