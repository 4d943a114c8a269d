"""Keys as a person writes them, and which of them hold."""
