"""TIFFs that Pillow cannot hold, read and written by tifffile (an extra).

16 bits a colour, any depth, BigTIFF, and OME-TIFF: named axes and the size of a pixel.

Types of tifffile are not named here, because it may not be installed: a `file` is a TiffFile, a
`series` a TiffPageSeries.
"""
