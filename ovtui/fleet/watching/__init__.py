"""The boxes as Prometheus watches them."""
