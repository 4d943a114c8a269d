"""Drawing: cells, glyphs, axes, colours and the panels that hold them."""
