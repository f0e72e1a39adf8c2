"""OpenEXR by its own library (an extra): layers of half, float and whole-number channels.

part_headers.py  the header, read without the library: what is in a file, without its pixels
source.py        the layers of a file -> maps
quiet.py         what the library prints is left out
sink.py          maps -> parts with their channels
"""
