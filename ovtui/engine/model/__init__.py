"""Reads a model, compiles it as the settings ask, and prepares its inputs."""
