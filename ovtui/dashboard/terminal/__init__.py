"""What the screen is drawn to and typed into: its size, its glyphs and colours, the writer that nothing waits for, the
end of it all."""
