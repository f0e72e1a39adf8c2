"""What is pooled: feature maps, their layouts and frames, and what they carry besides values."""
