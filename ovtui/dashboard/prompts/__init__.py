"""The lines under a table in which a person filters it, or chooses what it is sorted by."""
