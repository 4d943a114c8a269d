"""What the comparison of two devices says."""
