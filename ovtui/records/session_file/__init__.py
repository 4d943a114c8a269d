"""The session file: written during a session, read and replayed afterwards."""
