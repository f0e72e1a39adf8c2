"""TIFF, read and written without a library: classic and BigTIFF, OME, ImageJ and GeoTIFF.

* `directory` reads tags, and holds them against the size of the file; `fields` makes tags.
* `page` is what the tags say of the pixels, `segments` the strips and tiles that hold them, by
  `codecs` and `predictor`; `samples` is what a photometric means.
* `images` joins the pages that are one array, by a description: that of `ome`, `imagej`, `shaped`
  or `aperio`.
* `carried` changes tags to facts and back, `geo` those of maps of the ground.
* `source` makes maps of a file. `sink` makes a file of maps: `pixels` says how they are stored,
  `description` how their axes are named, and `writer` writes them.
* `gdal` makes overviews and cloud optimised files, by rasterio.
"""
