"""Readings of the machine beside the model."""
