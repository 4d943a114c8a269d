"""The settings by their groups: the type of each and all that is known of it, in one place. The schema gives them their
names and defaults."""
