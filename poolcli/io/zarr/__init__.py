"""Zarr stores, read and written by zarr (an extra), in both versions of the format.

source.py    the arrays and images of a store -> maps, any region of them
found.py     what is in a store: arrays, images with their labels, groups
sink.py      maps -> images with their levels, or arrays
creation.py  which of the two a map becomes, and how its array is created: chunks, packing
stored_array.py  chunks that are copied as they are stored
ome.py       OME-Zarr's metadata (ngff.openmicroscopy.org 0.4 and 0.5) and facts
xarray.py    names of dimensions, coordinates and attributes as xarray has them, and facts

Types of zarr are not named here, because it may not be installed.
"""
