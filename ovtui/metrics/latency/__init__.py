"""Latency distributions: samples, histograms, windows and bins over time."""
