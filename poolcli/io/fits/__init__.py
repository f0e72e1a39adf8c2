"""FITS by astropy (an extra): every image of a file, its header and its world coordinates.

source.py  the images of a file -> maps, and tables that are copied
sink.py    maps -> units
"""
