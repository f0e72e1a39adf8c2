"""Draw maps, for a terminal, as an image, or in an HTML page."""
