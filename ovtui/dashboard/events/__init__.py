"""The page with everything that happened in the session and everything that the dashboard answered."""
