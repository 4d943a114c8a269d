"""The caption line: what an experiment is to show, and the sections of `ovtui learn`."""
