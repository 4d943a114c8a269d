"""The points of one study, spread over boxes of one kind."""
