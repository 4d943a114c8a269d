"""From a path and settings to a compiled model with inputs."""
