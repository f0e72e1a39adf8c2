"""What is done to planes: pooling, and what pools no cells."""
