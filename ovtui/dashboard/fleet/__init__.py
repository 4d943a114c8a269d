"""The screen of a fleet: a row for each box."""
