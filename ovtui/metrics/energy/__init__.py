"""What inferences cost: watts of the machine's readings and completions, joined over the spans of the load."""
