"""The settings pane and the presets page."""
