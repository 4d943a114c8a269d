"""A recorded session on disk: written while it runs, read and replayed afterwards."""
