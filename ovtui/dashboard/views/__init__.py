"""What all views share: the base classes, header, footer and event line."""
