"""NIfTI-1 and -2 by nibabel (an extra): volumes with the size, place and direction of a voxel.

source.py  a volume -> a map
sink.py    a map -> a volume, with the header that the file had
"""
