"""Advice: what an expert would say to the figures, each with its evidence and the settings that answer it."""
