"""The state of a session: its events, the newest requests, the machine, what was lost."""
