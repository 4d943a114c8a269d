"""View 6: the segments of the run, one for each change of the settings."""
