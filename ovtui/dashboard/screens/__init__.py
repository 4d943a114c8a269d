"""What can fill the whole terminal."""
