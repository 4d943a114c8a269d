"""The measured data: request records and their ring, events, the session file, and the wire between processes."""
