"""Whether a session shows what its experiment is to show."""
