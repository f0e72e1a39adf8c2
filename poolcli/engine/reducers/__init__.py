"""How: reducers turn the values of a window into one number, without geometry."""
