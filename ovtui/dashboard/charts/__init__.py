"""What is drawn of the columns of latency: the plot, the sparkline and the glyphs they share."""
