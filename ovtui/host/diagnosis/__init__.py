"""Diagnosis of an engine, or a host, that does not answer: what its threads do, by /proc, Python and a debugger."""
