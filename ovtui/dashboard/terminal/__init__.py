"""What the screen is drawn to and typed into: the driver, the writer that nothing waits for, glyphs and colours, the
end of it all."""
