"""`ovtui doctor`: which devices work, which link of a chain is broken, and what to type."""
