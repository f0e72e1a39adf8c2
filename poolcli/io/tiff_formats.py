"""The records of TIFF."""

from __future__ import annotations

from typing import Any

from poolcli.io.format import Format
from poolcli.io.save_options import SWITCH, Choice, SwitchOrSide, WholeNumber

# The numbers of the tag Compression.
_LOSSLESS = Choice(
    (
        ("none", 1),
        ("lzw", 5),
        ("deflate", 8),
        ("packbits", 32773),
        ("zstd", 50000),
        ("lzma", 34925),
    )
)
_COMPRESSION = Choice((*_LOSSLESS.values, ("jpeg", 7)))
_TIFF_SAVE: dict[str, Any] = {
    "compression": _LOSSLESS,
    "level": WholeNumber(0, 22),
    "predictor": SWITCH,
    "tiled": SwitchOrSide(16, 1 << 14),
    "bigtiff": SWITCH,
}
_TIFF_FACTS = {
    "icc": "tag ICC profile",
    "chromaticities": "tags WhitePoint and PrimaryChromaticities",
    "exif": "tags of the description, Exif and GPS",
    "xmp": "tag XMP",
    "iptc": "tag IPTC",
    "text": "tags of texts",
    "dpi": "tags of the resolution",
    "aspect": "tags of the resolution, without a unit",
    "spacing": "PhysicalSize of OME, resolution and spacing of ImageJ",
    "channels": "Channel Name of OME, descriptions of GDAL's bands",
    "ome_xml": "the document",
    "compression": "tag Compression",
    "chunks": "tags of tiles",
    "storage": "tags of the pixels",
}
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

TIFFS = (
    Format(
        "ome",
        (".ome.tiff", ".ome.tif"),
        "OME-TIFF: named axes, any depth, the size of a pixel",
        sink="poolcli.io.tiff.sink:open_sink",
        chunks="poolcli.io.tiff.sink:chunk_shape",
        check="poolcli.io.tiff.held:check",
        modes=(
            *("1", "L", "LA", "RGB", "RGBA", "I;16", "I", "F"),
            *("LA;16", "RGB;16", "RGBA;16", "ND", "NDA"),
        ),
        dtypes=(
            *("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32"),
            *("float32", "float64"),
        ),
        axes="NCDHW",
        holds_pages=True,
        holds_levels=True,
        facts=_TIFF_FACTS,
        unheld="poolcli.io.tiff.held:unheld_by_ome",
        save=_TIFF_SAVE,
        is_streamed=True,
    ),
    Format(
        "tiff",
        (".tiff", ".tif"),
        "lossless, any dtype; pages; what the input had is kept: compression, tiles, predictor, "
        "photometric; GeoTIFF, ImageJ and OME; quality is for compression=jpeg; overviews and cog "
        "need poolcli[geo]",
        source="poolcli.io.tiff.source:open_source",
        sink="poolcli.io.tiff.sink:open_sink",
        chunks="poolcli.io.tiff.sink:chunk_shape",
        check="poolcli.io.tiff.held:check",
        magic=_TIFF_MAGIC,
        modes=(
            *("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
            *("LA;16", "RGB;16", "RGBA;16", "ND", "NDA"),
        ),
        axes="NCDHW",
        holds_pages=True,
        holds_levels=True,
        facts={
            **_TIFF_FACTS,
            "origin": "origins of ImageJ",
            "geotransform": "tags of GeoTIFF",
            "crs": "keys of GeoTIFF",
            "geo_keys": "keys of GeoTIFF",
            "control_points": "tie points of GeoTIFF",
            "rpc": "tag RPC",
            "nodata": "tag GDAL_NODATA",
            "mask": "a page of its own",
            "scale_offset": "GDAL_METADATA",
            "gdal": "GDAL_METADATA",
            "imagej": "description and block of ImageJ",
            "attributes": "tifffile's JSON, where the input had it",
        },
        unheld="poolcli.io.tiff.held:unheld",
        save={
            **_TIFF_SAVE,
            "compression": _COMPRESSION,
            "quality": WholeNumber(1, 100),
            "overviews": WholeNumber(0, 12),
            "cog": SWITCH,
            "resampling": Choice(
                tuple((word, word) for word in ("nearest", "average", "mode", "bilinear", "cubic"))
            ),
        },
        is_streamed=True,
    ),
)
