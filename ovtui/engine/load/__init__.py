"""The load: when requests are due, which infer request runs each of them, and how they are submitted."""
