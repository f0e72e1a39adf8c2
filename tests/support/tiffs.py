"""TIFFs that tifffile writes and reads, and what is in their tags."""

import io
from xml.etree import ElementTree as ET

import numpy as np
import pytest

tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")

# Tags that say how pixels are stored: all of these are kept.
STORED = (
    "PhotometricInterpretation",
    "ExtraSamples",
    "PlanarConfiguration",
    "Compression",
    "Predictor",
    "SamplesPerPixel",
    "BitsPerSample",
    "SampleFormat",
    "TileWidth",
    "TileLength",
)
ONE_BY_DEFAULT = (
    *("Predictor", "PlanarConfiguration", "SampleFormat"),
    *("Compression", "BitsPerSample"),
)


def encoded(x, **options):
    """The bytes of a TIFF."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, x, **options)
    return stream.getvalue()


def values(shape, dtype, seed=0):
    """Values over the whole range of a dtype."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) > 0.5
    if dtype.kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def stored(path):
    """How the first page of a file holds its pixels."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        found = {name: page.tags[name].value for name in STORED if name in page.tags}
    plain = {name: value if isinstance(value, tuple) else (value,) for name, value in found.items()}
    return {
        name: tuple(int(each) for each in value)
        for name, value in plain.items()
        if name not in ONE_BY_DEFAULT or set(value) != {1}
    }


def described(path):
    """The attributes of Pixels in a file's OME description, and the names of the channels."""
    with tifffile.TiffFile(path) as file:
        root = ET.fromstring(file.ome_metadata)
    pixels = [each for each in root.iter() if each.tag.endswith("}Pixels")]
    channels = [each for each in pixels[0] if each.tag.endswith("}Channel")]
    return pixels[0].attrib, [each.attrib.get("Name") for each in channels]
