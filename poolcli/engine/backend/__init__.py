"""How windows are folded and put in order, block by block."""
