"""Where: places turn the shape of a map into a grid of windows, in whole numbers and without
looking at values.

`place.py` says what a place is; there is one file for each place; `grid.py` has the axes of cells
they are made of, and `runs.py` the windows along one.
"""
