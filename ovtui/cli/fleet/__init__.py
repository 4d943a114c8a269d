"""`ovtui fleet ...`: parse, call, print."""
