"""Requests by group: the run, a segment, a device; and what warm-up leaves out of each."""
