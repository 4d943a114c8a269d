"""View 1: figures, latency plot and the newest requests."""
