"""What is pooled: feature maps, their layouts and frames."""
