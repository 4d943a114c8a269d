"""The leaderboard of one box."""
