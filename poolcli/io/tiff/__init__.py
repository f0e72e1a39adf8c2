"""TIFF, read and written without a library: classic and BigTIFF, OME, ImageJ and GeoTIFF.

* `directory` reads tags, and holds them against the size of the file; `fields` makes tags. Both
  know numbers by their `byte_form`.
* `page` is what the tags say of the pixels, read by `page_tags`; `segments` are the strips and
  tiles that hold them, by `codecs` and `predictor`; `stored_samples` is what a photometric means.
* `images` joins the pages that are one array, by a description: that of `ome_xml`, `imagej`,
  `shaped` or `aperio`.
* `carried` changes tags to facts and back, `geo` and `geo_fields` those of maps of the ground.
* `source` makes maps of a file, whose axes are in `map_axes`.
* `sink` makes a file of maps: `written_pixels` chooses how they are stored, `held` says what is
  lost, `description` and `ome_document` name the axes; `written_image` writes a map, `writer` a
  file, `page_writer` a page, whose tags are in `page_pixels`.
* `gdal` makes overviews and cloud optimised files, by rasterio.
"""
