"""The panels of the screen, one file each."""
