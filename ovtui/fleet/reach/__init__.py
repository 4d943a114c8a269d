"""A line to a box: commands, their output line by line, files both ways; by asyncssh, or by the system's ssh."""
