"""Recordings as text for other programs: CSV, JSON lines, a trace for Perfetto."""
