"""A box's own dashboard on this terminal: `ovtui fleet attach`."""
