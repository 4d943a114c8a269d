"""Traces: the times of files that others wrote, as due times of requests."""
