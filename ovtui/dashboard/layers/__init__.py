"""View 8: the times of the layers."""
