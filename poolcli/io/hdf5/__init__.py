"""HDF5 and NetCDF-4 by h5py (an extra).

source.py      the datasets of a file -> maps, and what is copied
sink.py        maps -> datasets, their dimension scales, and what is copied
dimensions.py  names of dimensions, letters of axes and coordinates, by the scales
copied.py      what is not pooled and written again
heaps.py       what libhdf5 would read for ever
attributes.py  attributes as plain values with their types
"""
