"""The table of carried facts: what a map has beside its values, and how pooling changes it.

A map carries its facts in a mapping by their names. Sources fill it, every step changes it by the
rules of `fact_rules.py`, which `pooled_facts.py` applies, and the record of a format says which of
them it holds: see `poolcli/io/format.py`. A new fact is a row here, and an entry in the records of
the formats that hold it.
"""

from __future__ import annotations

from poolcli.maps.embedded_sizes import exif_resized, xmp_resized
from poolcli.maps.fact import (
    Fact,
    bytes_words,
    dots_words,
    few_names_words,
    grid_words,
    inner_names_words,
    names_words,
    numbers_words,
    sizes_words,
)
from poolcli.maps.fact_rules import (
    Affine,
    Coordinates,
    Facts,
    PixelSize,
    affine,
    by_offset,
    by_relative_stride,
    by_stride,
    control_points,
    coordinates,
    fits_wcs,
    geotransform,
    imagej,
    in_place,
    kept,
    of_axes,
    ome,
    per_channel,
    polynomials,
    resized,
    where_channels_stay,
)

__all__ = ["FACTS", "Affine", "Coordinates", "Fact", "Facts", "PixelSize"]


_ROWS = (
    Fact(
        "spacing",
        "size of a pixel",
        "a PixelSize by the letter of each axis",
        by_stride,
        "times the stride",
        sizes_words,
        plain=lambda value: set(value.values()) == {PixelSize(1.0)},
    ),
    Fact(
        "origin",
        "origin",
        "the coordinate of the first centre by the letter of each axis",
        by_offset,
        "the centre of the first cell",
        lambda value: numbers_words(value.values()),
        plain=lambda value: not any(value.values()),
    ),
    Fact(
        "affine",
        "affine",
        "an Affine",
        affine,
        "columns times the stride, the last at the centre of the first cell",
        lambda value: "; ".join(map(numbers_words, value.matrix)),
    ),
    Fact(
        "geotransform",
        "geotransform",
        "six numbers as in GDAL, of the corner of the first pixel",
        geotransform,
        "sizes times the stride, at the corner of the first cell",
        grid_words,
    ),
    Fact("crs", "CRS", "WKT, or a name such as EPSG:32633"),
    Fact(
        "geo_keys",
        "keys of GeoTIFF",
        "GeoKeys: the CRS as a GeoTIFF tells it",
        plain=lambda value: str(value).startswith("EPSG:"),  # which the CRS says, too
    ),
    Fact(
        "rpc",
        "rational polynomials",
        "the 92 numbers of the tag RPC, lines and samples from the first pixel's centre",
        polynomials,
        "offset and scale of lines and samples over the stride",
        lambda value: f"{len(value)} numbers",
    ),
    Fact(
        "control_points",
        "control points",
        "(row, column, x, y, z) as in GDAL, from the corner of the first pixel",
        control_points,
        "moved to the same places",
        lambda value: f"{len(value)} points",
    ),
    Fact(
        "coordinates",
        "coordinates",
        "Coordinates by the letter of each axis",
        coordinates,
        "of the cells' centres",
        lambda value: names_words(one.name for one in value.values()),
    ),
    Fact(
        "dimensions",
        "names of axes",
        "a name by the letter of each axis",
        of_axes,
        "kept",
        lambda value: names_words(value.values()),
    ),
    Fact(
        "channels", "names of channels", "a name for each channel", per_channel, "kept", names_words
    ),
    Fact("nodata", "nodata", "the values that are none", kept, "kept, and left out", numbers_words),
    Fact("scale_offset", "scale and offset of values", "(scale, offset) for each channel, or one"),
    Fact("icc", "ICC profile", "its bytes", shown=bytes_words),
    Fact(
        "gamma",
        "gamma",
        "the number of a PNG's gAMA",
        shown=lambda value: f"{value:g}",
        plain=lambda value: abs(value - 1 / 2.2) < 1e-3,  # that of sRGB
    ),
    Fact(
        "chromaticities",
        "chromaticities",
        "x and y of white, red, green, blue",
        shown=numbers_words,
        plain=lambda value: value == (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06),  # of sRGB
    ),
    Fact(
        "srgb",
        "sRGB",
        "the rendering intent of a PNG's sRGB",
        plain=lambda _: True,  # what says nothing of its colours is taken for sRGB
    ),
    Fact("cicp", "code points of colours", "four numbers of ITU-T H.273", shown=numbers_words),
    Fact(
        "exif",
        "EXIF",
        "the block, without a prefix",
        resized(exif_resized),
        "kept; its size is that of the result",
        bytes_words,
    ),
    Fact(
        "xmp",
        "XMP",
        "the packet",
        resized(xmp_resized),
        "kept; its size is that of the result",
        bytes_words,
    ),
    Fact("iptc", "IPTC", "the records of IIM", shown=bytes_words),
    Fact(
        "text",
        "text",
        "pairs of keyword and text",
        shown=lambda value: names_words(name for name, _ in value),
    ),
    Fact("comment", "comment", "a text"),
    Fact("date", "date of the last change", "as in ISO 8601"),
    Fact(
        "pictures",
        "further pictures",
        "how many previews, gain maps, layers or sizes it has beside this picture",
    ),
    Fact(
        "dpi",
        "DPI",
        "dots per inch across and down",
        by_relative_stride,
        "kept; less on an axis that is pooled more than the other",
        dots_words,
    ),
    Fact(
        "aspect",
        "shape of a pixel",
        "dots to the same length, across and down",
        by_relative_stride,
        "as dpi",
        lambda value: f"{value[0]:g}:{value[1]:g}",
    ),
    Fact("duration", "duration of a frame", "milliseconds", shown=lambda value: f"{value:g} ms"),
    Fact("loop", "loop", "how often frames are shown, 0 for ever"),
    Fact("default_image", "default image", "True: the first map is no frame"),
    Fact("attributes", "attributes", "of the array: JSON values by name", shown=names_words),
    Fact(
        "file_attributes",
        "attributes of the file",
        "by name, of the file (path '') and of each group that holds the array (its path)",
        shown=inner_names_words,
    ),
    Fact(
        "ome",
        "OME metadata",
        "what OME says of the image and has no row of its own, by name",
        ome,
        "kept; the planes shown first are those of the result",
        names_words,
    ),
    Fact("labels", "label images", "their names: they lie beside an image", shown=names_words),
    Fact("ome_xml", "OME-XML", "an OmeXml: the document", kept, "kept; sizes are changed"),
    Fact(
        "gdal",
        "metadata of GDAL",
        "pairs of an item's attributes and text",
        where_channels_stay,
        "kept, without statistics",
        lambda value: f"{len(value)} items",
    ),
    Fact(
        "imagej",
        "what ImageJ says",
        "`lines` of the description by name, and blocks",
        imagej,
        "kept; labels where planes stay, lookup tables where channels stay",
        lambda value: names_words((*value["lines"], *(name for name in value if name != "lines"))),
    ),
    Fact("rois", "regions of interest", "whose", in_place, "dropped: they are places in the image"),
    Fact(
        "mask",
        "mask of pixels",
        "a FileMask",
        lambda value, sampling, _: value.after_step(sampling),
        "that of the cells, under operations that take a mask; else dropped",
    ),
    Fact(
        "compression",
        "compression",
        "its name in lower case",
        is_storage=True,
        plain=lambda value: value == "none",
    ),
    Fact(
        "wcs",
        "WCS",
        "the letters of the axes of FITS, and Cards",
        fits_wcs,
        "reference pixels and sizes are those of the cells",
        lambda value: names_words(
            str(card.value) for card in value[1] if card.keyword[:5] == "CTYPE"
        ),
    ),
    Fact(
        "header",
        "header",
        "what the header of the file has no row for: bytes of NIfTI, Cards of FITS",
        shown=lambda value: (
            f"{len(value)} bytes" if isinstance(value, bytes) else f"{len(value)} cards"
        ),
    ),
    Fact(
        "file_header",
        "header of the file",
        "Cards of a FITS file whose first unit has no image",
        shown=lambda value: f"{len(value)} cards",
    ),
    Fact(
        "extensions",
        "extensions of the header",
        "(code, bytes) of NIfTI",
        shown=lambda value: f"{len(value)}",
    ),
    Fact(
        "bounds",
        "bounds of cells",
        "names of variables that say where pixels are in other ways than coordinates",
        lambda *_: None,
        "dropped",
        names_words,
    ),
    Fact(
        "others",
        "other data of the file",
        "what is not pooled and written again, by name",
        kept,
        "copied",
        names_words,
    ),
    Fact(
        "further_data",
        "further data",
        "names of what the file holds and nothing here reads: chunks, tags, segments, boxes",
        lambda *_: None,
        "dropped, and named",
        few_names_words,
        is_named=True,
    ),
    Fact(
        "chunks",
        "chunks",
        "pixels of a chunk, tile or block by the letter of each axis",
        of_axes,
        "kept",
        lambda value: "x".join(map(str, value.values())),
        is_storage=True,
    ),
    Fact(
        "storage",
        "storage",
        "whatever else a format wants to write again, by name",
        shown=lambda value: ", ".join(map(str, value.values())),
        is_storage=True,
    ),
)
FACTS = {fact.name: fact for fact in _ROWS}
