"""The host process: supervises the engines, keeps the event log, records the session and serves the clients. Besides,
the clients' end of a session."""
