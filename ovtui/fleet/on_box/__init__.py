"""What is run on a box: the scripts, how their words are quoted, and what their answers mean."""
