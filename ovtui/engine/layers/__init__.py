"""The profiled engine beside an untouched one, in a process of its own."""
