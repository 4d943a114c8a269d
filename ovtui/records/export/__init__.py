"""Export of recordings: CSV, JSON lines, and a trace for Perfetto."""
