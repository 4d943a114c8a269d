"""View 7: the studies and trials of the session."""
