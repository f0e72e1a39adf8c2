"""Where: places turn the shape of a map into windows, in whole numbers only."""
