"""The command line: each command parses, calls and prints. Heavy imports stand inside the functions that need them."""
