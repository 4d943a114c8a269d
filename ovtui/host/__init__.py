"""The host process: supervises the engines, keeps the event log, serves the views; and the client that views use."""
