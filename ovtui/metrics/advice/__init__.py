"""Advice: what an expert would make of the figures, with the evidence for it and the settings that help."""
