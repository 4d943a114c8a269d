"""What a view asks of a digest beyond its snapshot."""
