"""Layers as tables and files, of one device and of two."""
