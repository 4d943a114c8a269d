"""Whether two devices compute the same, in a process of its own."""
