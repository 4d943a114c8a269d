"""Load: when requests are due, which infer request takes each, and how they are submitted."""
