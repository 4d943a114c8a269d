"""A run on every box: begun, followed, fetched, taken up again; the folder that keeps all of it."""
