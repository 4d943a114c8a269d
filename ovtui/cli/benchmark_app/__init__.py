"""`ovtui benchmark_app`: the command lines of benchmark_app, and what it prints."""
