"""Batches: who shared one, when it fired, and what waiting for it cost."""
