"""The list of advice."""
