"""Drawing: cells, glyphs, axes, colours, and the base classes of the widgets that use them."""
