"""View 4: latency histograms and percentiles."""
