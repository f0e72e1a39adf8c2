"""Numbers of a TIFF's tags and the codes of their values (TIFF 6.0, BigTIFF, GeoTIFF 1.1)."""

from __future__ import annotations

from enum import IntEnum


class Tag(IntEnum):
    """The tags that are read or written by name."""

    SUBFILE_TYPE = 254
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    DESCRIPTION = 270
    MAKE = 271
    MODEL = 272
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    SAMPLES = 277
    ROWS_PER_STRIP = 278
    STRIP_SIZES = 279
    X_RESOLUTION = 282
    Y_RESOLUTION = 283
    PLANAR = 284
    T4_OPTIONS = 292
    T6_OPTIONS = 293
    RESOLUTION_UNIT = 296
    SOFTWARE = 305
    DATE_TIME = 306
    ARTIST = 315
    PREDICTOR = 317
    WHITE_POINT = 318
    CHROMATICITIES = 319
    COLOUR_MAP = 320
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    TILE_OFFSETS = 324
    TILE_SIZES = 325
    SUB_DIRECTORIES = 330
    INK_SET = 332
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339
    JPEG_TABLES = 347
    YCBCR_SUBSAMPLING = 530
    YCBCR_POSITIONING = 531
    REFERENCE_BLACK_WHITE = 532
    XMP = 700
    COPYRIGHT = 33432
    PIXEL_SCALE = 33550
    IPTC = 33723
    TIEPOINTS = 33922
    TRANSFORMATION = 34264
    EXIF = 34665
    ICC = 34675
    GEO_KEYS = 34735
    GEO_DOUBLES = 34736
    GEO_ASCII = 34737
    GPS = 34853
    GDAL_METADATA = 42112
    GDAL_NODATA = 42113
    IMAGEJ_SIZES = 50838
    IMAGEJ_VALUES = 50839
    RPC = 50844
    LERC_PARAMETERS = 50674


class Photometric(IntEnum):
    """What the samples of a pixel mean."""

    WHITE_IS_ZERO = 0
    BLACK_IS_ZERO = 1
    RGB = 2
    PALETTE = 3
    MASK = 4
    SEPARATED = 5
    YCBCR = 6
    CIELAB = 8
    ICCLAB = 9
    ITULAB = 10
    MOSAIC = 32803
    LINEAR_RAW = 34892


class Compression(IntEnum):
    """How segments are compressed."""

    NONE = 1
    CCITT_RLE = 2
    CCITT_FAX3 = 3
    CCITT_FAX4 = 4
    LZW = 5
    OLD_JPEG = 6
    JPEG = 7
    DEFLATE = 8
    PACKBITS = 32773
    OLD_DEFLATE = 32946
    JPEG_2000_RGB = 33005
    JPEG_2000 = 34712
    LERC = 34887
    LZMA = 34925
    PNG = 34933
    JPEG_XR = 34934
    ZSTD = 50000
    WEBP = 50001
    JPEG_XL = 50002


class Extra(IntEnum):
    """What a sample beyond the colours is."""

    UNSPECIFIED = 0
    ASSOCIATED_ALPHA = 1
    ALPHA = 2


class SampleFormat(IntEnum):
    """How the bits of a sample are read."""

    UNSIGNED = 1
    SIGNED = 2
    FLOAT = 3
    UNDEFINED = 4
    COMPLEX_INTEGER = 5
    COMPLEX = 6


# Samples of a pixel that are colours; one for any other photometric.
COLOURS: dict[int, int] = {
    Photometric.RGB: 3,
    Photometric.SEPARATED: 4,
    Photometric.YCBCR: 3,
    Photometric.CIELAB: 3,
    Photometric.ICCLAB: 3,
    Photometric.ITULAB: 3,
}
