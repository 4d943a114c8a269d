"""What is asked of a terminal, by whoever prints on it or draws: its kind, its size, a descriptor that waits for
nothing. Draws nothing itself."""
