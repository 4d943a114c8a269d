"""Sweeps: many settings, each measured at one point; which of them no other one beats, and which is the best."""
