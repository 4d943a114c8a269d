"""ovtui brought to a box that has none, without root and without the internet there, and taken away again."""
