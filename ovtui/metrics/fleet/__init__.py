"""Figures of many boxes beside each other: kinds, the one that differs, and why it may."""
