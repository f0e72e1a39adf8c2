"""A value for each carried fact, and whether two values of one say the same."""

import math
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageCms

from poolcli.maps.facts import FACTS, Affine, Coordinates, PixelSize
from poolcli.maps.layout import space_letters

NODATA = 7
DIMENSIONS = {"N": "time", "C": "band", "D": "z", "H": "y", "W": "x"}


def exif(width, height):
    block = Image.Exif()
    block[0x010E] = "the description"
    block.get_ifd(0x8769).update({0xA002: width, 0xA003: height})
    return block.tobytes().removeprefix(b"Exif\0\0")


def xmp(width, height):
    about = f'exif:PixelXDimension="{width}" exif:PixelYDimension="{height}"'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r {about}/></x:xmpmeta>'.encode()


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def values_for(layout, shape):
    """A value for each fact of a map; facts that go together are told apart by the tests."""
    sizes = dict(zip(layout, shape, strict=True))
    space = space_letters(layout)
    width, height = sizes.get("W", 1), sizes.get("H", 1)
    axes = space[::-1]
    rows = [[0.0] * (len(axes) + 1) for _ in axes]
    for number in range(len(axes)):
        rows[number][number], rows[number][-1] = 0.5 + number, 10.0 + number
    coordinates = {
        letter: Coordinates(
            DIMENSIONS[letter],
            tuple(float(100 + 2 * at) for at in range(sizes[letter])),
            {"units": "m"},
        )
        for letter in layout
        if letter != "C"
    }
    return {
        "spacing": {letter: PixelSize(0.5, "µm") for letter in space},
        "origin": dict.fromkeys(space, 20.0),
        "affine": Affine(axes, tuple(map(tuple, rows))),
        "geotransform": (500000.0, 10.0, 0.0, 4000000.0, 0.0, -10.0),
        "crs": "EPSG:32633",
        "control_points": ((0.0, 0.0, 10.0, 50.0, 0.0), (0.0, 8.0, 11.0, 50.0, 0.0)),
        "coordinates": coordinates,
        "dimensions": {letter: DIMENSIONS[letter] for letter in layout},
        "channels": tuple(f"band {number}" for number in range(sizes.get("C", 1))),
        "nodata": (NODATA,),
        "scale_offset": ((0.5, 2.0),) * sizes.get("C", 1),
        "icc": PROFILE,
        "gamma": 0.5,
        "chromaticities": (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
        "srgb": 0,
        "cicp": (9, 16, 0, 1),
        "exif": exif(width, height),
        "xmp": xmp(width, height),
        "iptc": b"\x1c\x02\x78\0\x09a caption",
        "text": (("Title", "a title"), ("Author", "Ångström")),
        "comment": "a comment",
        "date": "2020-01-02T03:04:05",
        "pictures": 2,
        "further_data": ("teSt",),
        "dpi": (300.0, 150.0),
        "aspect": (2.0, 1.0),
        "duration": 70,
        "loop": 3,
        "default_image": True,
        "attributes": {"units": "K"},
        "file_attributes": {"": {"title": "a title"}},
        "ome": {"unknown": {"kept": [1, 2]}},
        "labels": ("cells",),
        "compression": "deflate",
        "chunks": dict(zip(layout, shape, strict=True)),
        "storage": {},
    }


def same(name, one, other):
    """Whether a value of a fact says what another one does, up to the precision of a format."""
    if name == "exif":
        return described(one) == described(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() >= other.keys() and all(same("", one[key], other[key]) for key in other)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same("", *pair) for pair in pairs)
    if isinstance(one, int | float | np.number) and isinstance(other, int | float | np.number):
        return math.isclose(one, other, rel_tol=1e-3)
    return one == other


def described(block):
    found = Image.Exif()
    found.load(block)
    return found.get(0x010E), *(found.get_ifd(0x8769).get(tag) for tag in (0xA002, 0xA003))


# Facts of whole files, or that no map has alone: other tests write them.
ELSEWHERE = {
    *("duration", "loop", "default_image", "labels", "pictures"),
    *("rois", "geo_keys", "imagej", "gdal", "mask", "rpc", "ome_xml"),  # only a TIFF has them
    *(
        "wcs",
        "header",
        "file_header",
        "others",
        "extensions",
        "bounds",
    ),  # as the header of one format says them
}
NAMES = [
    name
    for name in values_for("HW", (4, 4))
    if name not in ELSEWHERE and not FACTS[name].is_storage
]
