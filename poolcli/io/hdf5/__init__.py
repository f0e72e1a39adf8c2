"""HDF5 and NetCDF-4 by h5py (an extra).

source.py      the datasets of a file -> maps, and what is copied
sink.py        maps -> datasets, their dimension scales, and what is copied
heaps.py       what libhdf5 would read for ever
attributes.py  attributes as plain values with their types
"""
