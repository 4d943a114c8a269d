"""What a program that follows a session from afar is told of it (records/following.py)."""
