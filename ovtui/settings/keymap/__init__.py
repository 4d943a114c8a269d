"""Keys as a person writes them, and their assignment to actions."""
