"""The page of an engine that does not answer."""
