"""The table of formats: what each of them holds, and which code reads and writes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import PurePath
from typing import Any

from poolcli.errors import RequestError
from poolcli.io.format import Choice, Format, SwitchOrSide, WholeNumber, hint

_SWITCH = Choice(
    (("true", True), ("false", False), ("yes", True), ("no", False), ("1", True), ("0", False))
)
_SUBSAMPLING = Choice((("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)))
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
_JPEG_2000 = {"rate": WholeNumber(1, 1000)}
_COMPRESSION = Choice((*_LOSSLESS.values, ("jpeg", 7)))
_TIFF_SAVE: dict[str, Any] = {
    "compression": _LOSSLESS,
    "level": WholeNumber(0, 22),
    "predictor": _SWITCH,
    "tiled": SwitchOrSide(16, 1 << 14),
    "bigtiff": _SWITCH,
}
_TIFF_FACTS = {
    "icc": "tag ICC profile",
    "exif": "tags of the description, Exif and GPS",
    "xmp": "tag XMP",
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
_FRAMES = {"duration": "of each frame", "loop": "of the animation"}

_PILLOW_SOURCE = "poolcli.io.pillow.decode:open_source"
_PILLOW: dict[str, Any] = {
    "source": _PILLOW_SOURCE,
    "sink": "poolcli.io.pillow.encode:open_sink",
    "check": "poolcli.io.pillow.encode:check",
}
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_NUMBERS = (
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "int64"),
    *("float32", "float64"),
)
_EXR = ("no", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab")
_NIFTI: dict[str, Any] = {
    "dtypes": (*_NUMBERS, "uint64"),
    "axes": "WHDNC",
    "facts": {
        "spacing": "pixdim",
        "affine": "sform and qform",
        "header": "as it is",
        "extensions": "extensions",
    },
    "unheld": "poolcli.io.nifti.sink:unheld",
    "extra": "nifti",
}
_FITS: dict[str, Any] = {
    "dtypes": (*_NUMBERS, "uint64"),
    "holds_pages": True,
    "facts": {
        "wcs": "CRPIX, CDELT, CD, PC and SIP",
        "nodata": "BLANK; NaN",
        "header": "cards",
        "file_header": "cards of the first unit",
        "others": "tables",
        "compression": "tiles",
    },
    "unheld": "poolcli.io.fits.sink:unheld",
    "extra": "fits",
}
_HDF5: dict[str, Any] = {
    "dtypes": ("bool", "float16", *_NUMBERS, "uint64"),
    "holds_pages": True,
    "facts": {
        "dimensions": "dimension scales",
        "coordinates": "dimension scales",
        "nodata": "_FillValue, missing_value",
        "attributes": "attributes",
        "file_attributes": "attributes of the groups",
        "others": "other datasets",
        "chunks": "chunks",
        "storage": "filters",
    },
    "unheld": "poolcli.io.hdf5.sink:unheld",
    "extra": "hdf5",
}

# The first record that knows a file by its content reads it.
FORMATS = (
    Format(
        "png",
        (".png", ".apng"),
        "lossless; frames from an animation",
        **_PILLOW,
        magic=(b"\x89PNG\r\n\x1a\n",),
        modes=("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "LA;16", "RGB;16", "RGBA;16"),
        holds_pages=True,
        facts={
            "icc": "iCCP",
            "gamma": "gAMA",
            "chromaticities": "cHRM",
            "srgb": "sRGB",
            "cicp": "cICP",
            "exif": "eXIf",
            "xmp": "iTXt",
            "text": "tEXt, zTXt or iTXt",
            "dpi": "pHYs",
            "aspect": "pHYs without a unit",
            "date": "tIME",
            "default_image": "IDAT",
            **_FRAMES,
        },
        save={"compress_level": WholeNumber(0, 9), "optimize": _SWITCH},
        pillow="PNG",
    ),
    Format(
        "jpeg",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        "lossy; quality 95 and subsampling 4:4:4 unless told",
        **_PILLOW,
        magic=(b"\xff\xd8\xff",),
        modes=("L", "RGB", "CMYK", "YCbCr"),
        facts={
            "icc": "APP2",
            "exif": "APP1",
            "xmp": "APP1",
            "dpi": "JFIF",
            "aspect": "JFIF without a unit",
            "comment": "COM",
        },
        save={
            "quality": WholeNumber(1, 100),
            "subsampling": _SUBSAMPLING,
            "progressive": _SWITCH,
            "optimize": _SWITCH,
        },
        pillow="JPEG",
        largest=65500,
    ),
    Format(
        "ome",
        (".ome.tiff", ".ome.tif"),
        "OME-TIFF: named axes, any depth, the size of a pixel",
        sink="poolcli.io.tiff.sink:open_sink",
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
        check="poolcli.io.tiff.held:check",
        magic=_TIFF_MAGIC,
        modes=(
            *("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
            *("LA;16", "RGB;16", "RGBA;16", "ND", "NDA"),
        ),
        axes="NCDHW",
        holds_pages=True,
        facts={
            **_TIFF_FACTS,
            "origin": "origins of ImageJ",
            "geotransform": "tags of GeoTIFF",
            "crs": "keys of GeoTIFF",
            "geo_keys": "keys of GeoTIFF",
            "control_points": "tie points of GeoTIFF",
            "rpc": "tag RPC",
            "nodata": "tag GDAL_NODATA",
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
            "cog": _SWITCH,
            "resampling": Choice(
                tuple((word, word) for word in ("nearest", "average", "mode", "bilinear", "cubic"))
            ),
        },
        is_streamed=True,
    ),
    Format(
        "webp",
        (".webp",),
        "lossless unless a quality is given; frames",
        **_PILLOW,
        magic=(b"RIFF",),
        modes=("RGB", "RGBA"),
        holds_pages=True,
        facts={"icc": "ICCP", "exif": "EXIF", "xmp": "XMP", **_FRAMES},
        save={"quality": WholeNumber(0, 100), "lossless": _SWITCH, "method": WholeNumber(0, 6)},
        pillow="WEBP",
        largest=16383,
    ),
    Format(
        "bmp",
        (".bmp", ".dib"),
        "lossless; no alpha",
        **_PILLOW,
        magic=(b"BM",),
        modes=("1", "L", "P", "RGB"),
        facts={"dpi": "pixels per metre"},
        pillow="BMP",
    ),
    Format(
        "gif",
        (".gif",),
        "frames; exact up to 256 colours; a pixel is transparent or not",
        **_PILLOW,
        magic=(b"GIF8",),
        modes=("L", "P", "PA", "LA", "RGB", "RGBA"),
        holds_pages=True,
        facts={"comment": "comment extension", **_FRAMES},
        save={"optimize": _SWITCH},
        pillow="GIF",
        largest=65535,
    ),
    Format(
        "ppm",
        (".ppm", ".pgm", ".pbm", ".pnm"),
        "lossless; PBM, PGM or PPM by what the map holds",
        **_PILLOW,
        magic=tuple(f"P{number}".encode() for number in "123456"),
        modes=("1", "L", "RGB", "I;16"),
        pillow="PPM",
    ),
    Format(
        "tga",
        (".tga", ".icb", ".vda", ".vst"),
        "lossless; keeps the compression",
        **_PILLOW,
        modes=("1", "L", "LA", "P", "RGB", "RGBA"),
        facts={"compression": "RLE"},
        save={"compression": Choice((("none", None), ("rle", "tga_rle")))},
        pillow="TGA",
        largest=65535,
    ),
    Format(
        "pcx",
        (".pcx",),
        "lossless; no alpha",
        **_PILLOW,
        modes=("1", "L", "P", "RGB"),
        pillow="PCX",
        largest=65535,
    ),
    Format(
        "sgi",
        (".sgi", ".rgb", ".rgba", ".bw"),
        "lossless",
        **_PILLOW,
        magic=(b"\x01\xda",),
        modes=("L", "RGB", "RGBA"),
        pillow="SGI",
        largest=65535,
    ),
    Format(
        "qoi",
        (".qoi",),
        "lossless",
        **_PILLOW,
        magic=(b"qoif",),
        modes=("RGB", "RGBA"),
        pillow="QOI",
    ),
    Format(
        "jp2",
        (".jp2", ".jpx", ".jpf"),
        "JPEG 2000; lossless unless a rate of compression is given",
        **_PILLOW,
        magic=(b"\0\0\0\x0cjP  \r\n\x87\n",),
        modes=("L", "LA", "RGB", "RGBA", "I;16"),
        facts={"icc": "colr", "exif": "uuid", "xmp": "uuid"},
        save=_JPEG_2000,
        pillow="JPEG2000",
    ),
    Format(
        "j2k",
        (".j2k", ".j2c", ".jpc"),
        "JPEG 2000 without a container",
        **_PILLOW,
        magic=(b"\xff\x4f\xff\x51",),
        modes=("L", "LA", "RGB", "RGBA", "I;16"),
        save=_JPEG_2000,
        pillow="JPEG2000",
    ),
    Format(
        "avif",
        (".avif", ".avifs"),
        "lossy; quality 100 and subsampling 4:4:4 unless told; frames",
        **_PILLOW,
        modes=("RGB", "RGBA"),
        holds_pages=True,
        facts={"icc": "colr", "exif": "Exif", "xmp": "mime", "duration": "of each frame"},
        save={
            "quality": WholeNumber(0, 100),
            "subsampling": Choice(tuple((word, word) for word, _ in _SUBSAMPLING.values)),
            "speed": WholeNumber(0, 10),
        },
        pillow="AVIF",
        largest=65535,
    ),
    Format(
        "npy",
        (".npy",),
        "one array, any dtype and layout",
        source="poolcli.io.npy:open_source",
        sink="poolcli.io.npy:open_sink",
        magic=(b"\x93NUMPY",),
        is_streamed=True,
    ),
    Format(
        "npz",
        (".npz",),
        "several named arrays",
        source="poolcli.io.npz:open_source",
        sink="poolcli.io.npz:open_sink",
        magic=(b"PK\x03\x04", b"PK\x05\x06"),
        holds_pages=True,
        save={"compressed": _SWITCH},
        is_streamed=True,
    ),
    Format(
        "pfm",
        (".pfm",),
        "floating point, 1 or 3 channels",
        source="poolcli.io.pfm:open_source",
        sink="poolcli.io.pfm:open_sink",
        magic=(b"Pf\n", b"PF\n", b"Pf ", b"PF ", b"Pf\r", b"PF\r"),
        check="poolcli.io.pfm:check",
        dtypes=("float32",),
        holds_pages=False,
        facts={"scale_offset": "scale"},
        save={"byte_order": Choice((("little", "<"), ("big", ">")))},
    ),
    Format(
        "exr",
        (".exr",),
        "half, float and whole-number channels in layers; needs poolcli[exr]",
        source="poolcli.io.exr.source:open_source",
        sink="poolcli.io.exr.sink:open_sink",
        magic=(b"\x76\x2f\x31\x01",),
        dtypes=("float16", "float32", "uint32"),
        axes="HWC",
        check="poolcli.io.exr.sink:check",
        holds_pages=True,
        facts={
            "channels": "names of channels",
            "chromaticities": "chromaticities",
            "aspect": "pixelAspectRatio",
            "header": "attributes",
            "compression": "compression",
            "storage": "names of parts and channels",
        },
        unheld="poolcli.io.exr.sink:unheld",
        save={"compression": Choice(tuple((each, each) for each in _EXR))},
        extra="exr",
    ),
    Format(
        "nifti",
        (".nii",),
        "volumes; needs poolcli[nifti]",
        source="poolcli.io.nifti.source:open_source",
        sink="poolcli.io.nifti.sink:open_sink",
        recognise="poolcli.io.nifti.source:is_nifti",
        **_NIFTI,
    ),
    Format(
        "nii.gz",
        (".nii.gz",),
        "the same, packed",
        sink="poolcli.io.nifti.sink:open_packed_sink",
        **_NIFTI,
    ),
    Format(
        "fits",
        (".fits", ".fit", ".fts"),
        "images of several units; needs poolcli[fits]",
        source="poolcli.io.fits.source:open_source",
        sink="poolcli.io.fits.sink:open_sink",
        recognise="poolcli.io.fits.source:is_fits",
        **_FITS,
    ),
    Format(
        "fits.gz",
        (".fits.gz", ".fit.gz"),
        "the same, packed",
        sink="poolcli.io.fits.sink:open_packed_sink",
        **_FITS,
    ),
    Format(
        "hdf5",
        (".h5", ".hdf5", ".he5"),
        "named arrays; needs poolcli[hdf5]",
        source="poolcli.io.hdf5.source:open_source",
        sink="poolcli.io.hdf5.sink:open_sink",
        recognise="poolcli.io.hdf5.source:is_hdf5",
        **_HDF5,
    ),
    Format(
        "netcdf",
        (".nc", ".nc4"),
        "NetCDF-4: the same, in which every dimension has a name",
        sink="poolcli.io.hdf5.sink:open_netcdf_sink",
        **_HDF5,
    ),
    Format(
        "safetensors",
        (".safetensors",),
        "named tensors",
        source="poolcli.io.safetensors:open_source",
        sink="poolcli.io.safetensors:open_sink",
        recognise="poolcli.io.safetensors:is_safetensors",
        dtypes=("bool", "float16", *_NUMBERS, "uint64"),
        holds_pages=True,
        facts={
            "file_attributes": "__metadata__",
            "others": "tensors without axes, or of other dtypes",
            "storage": "bfloat16",
        },
        unheld="poolcli.io.safetensors:unheld",
    ),
    Format(
        "zarr",
        (".zarr", ".ome.zarr"),
        "a folder of chunks: OME images with their levels, arrays, groups; needs poolcli[zarr]",
        source="poolcli.io.zarr.source:open_source",
        sink="poolcli.io.zarr.sink:open_sink",
        recognise="poolcli.io.store_folder:is_zarr",
        check="poolcli.io.zarr.sink:check",
        holds_pages=True,
        facts={
            "spacing": "scale, and the units of axes",
            "origin": "translation",
            "channels": "omero",
            "ome": "as it is",
            "dimensions": "of arrays: dimension_names, _ARRAY_DIMENSIONS",
            "coordinates": "of arrays: an array for each, as in xarray",
            "nodata": "_FillValue, missing_value",
            "attributes": "attributes of the array",
            "file_attributes": "attributes of the groups",
            "chunks": "chunks",
            "storage": "compressors, filters, shards, fill value",
        },
        unheld="poolcli.io.zarr.sink:unheld",
        save={
            "version": Choice((("0.4", "0.4"), ("0.5", "0.5"))),
            "chunk": WholeNumber(1, 1 << 20),
        },
        extra="zarr",
        is_folder=True,
        is_streamed=True,
    ),
)
# What no record knows by its content: Pillow may.
OTHERS = Format("other", (), "what Pillow reads besides", source=_PILLOW_SOURCE)


@cache
def foreign_formats() -> tuple[Format, ...]:
    """The formats of installed packages: their entry points in the group `poolcli.formats`.

    Each is a `Format`. They are asked last, so that no package changes what poolcli reads itself.
    """
    from importlib.metadata import entry_points

    return tuple(point.load() for point in entry_points(group="poolcli.formats"))


def all_formats() -> Iterator[Format]:
    """The formats of this package and then, if they are asked for, those of others."""
    yield from FORMATS
    yield from foreign_formats()


def format_named(word: str) -> Format:
    """The format a name or a suffix means, in capitals or not.

    >>> format_named(".JPG").name
    'jpeg'
    """
    plain = word.lower().removeprefix(".")
    for known in all_formats():
        if plain == known.name or f".{plain}" in known.suffixes:
            return known
    raise RequestError(f"no format {word!r}; {hint(plain, _names())}")


def is_known_suffix(suffix: str) -> bool:
    """Whether files of a format have this suffix, in capitals or not."""
    return bool(suffix) and any(suffix.lower() in known.suffixes for known in all_formats())


def split_name(name: str) -> tuple[str, str]:
    """The stem and the suffix of a file's name; a suffix of two parts is one where a format has it.

    >>> split_name("cells.ome.tif"), split_name("v1.2.png")
    (('cells', '.ome.tif'), ('v1.2', '.png'))
    """
    long = [suffix for known in FORMATS for suffix in known.suffixes if suffix.count(".") > 1]
    suffix = next(
        (suffix for suffix in long if name.lower().endswith(suffix)), PurePath(name).suffix
    )
    return name[: len(name) - len(suffix)], name[len(name) - len(suffix) :]


def _names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(suffix[1:] for known in FORMATS for suffix in known.suffixes))
