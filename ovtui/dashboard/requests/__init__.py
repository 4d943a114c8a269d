"""View 2: the table of requests, also on view 1."""
