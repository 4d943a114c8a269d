"""Readings of the machine: what it is, its sensors, and the use of it by the session's processes."""
