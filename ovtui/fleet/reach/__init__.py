"""A line to a box: commands, their output line by line, files both ways. asyncssh, or the system's ssh where it must be."""
