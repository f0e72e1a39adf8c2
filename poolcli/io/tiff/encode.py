"""Maps become a TIFF with an image for each; with OME's description where axes need names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError, PoolError
from poolcli.io.damage import DECODER_ERRORS
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.mode import DEEP, STACK
from poolcli.io.pillow import encode as pillow
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.tiff.decode import COLOURS, check_codecs
from poolcli.io.tiff.ome import TO_OME, ome_metadata
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.maps.picture import Picture
from poolcli.resources.extras import extra

# tifffile's names of compressions by those of facts and Pillow; zlib for any other.
_CODECS = {"none": None, "raw": None, "lzw": "lzw", "tiff_lzw": "lzw", "packbits": "packbits"}
# Bytes of pixels above which a BigTIFF is written: offsets of a TIFF have 32 bits, and 32 MB are
# left for its tags.
_CLASSIC_LIMIT = 2**32 - 2**25


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A TIFF with an image for each map, by tifffile."""
    compression = options.get("compression")
    return WholeSink(headers, lambda maps: stream.write(encode_tiff(maps, compression)))


def open_plain_sink(
    record: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A TIFF with a page for each map: by tifffile where Pillow would lose something."""
    opened = open_sink if any(map(needs_tifffile, headers)) else pillow.open_sink
    return opened(record, stream, headers, options)


def check_plain(record: Format, headers: Sequence[Header], options: Mapping[str, Any]) -> None:
    """FileError for maps that a TIFF cannot hold."""
    if not any(map(needs_tifffile, headers)):
        pillow.check(record, headers, options)


def needs_tifffile(one: Header) -> bool:
    """Whether Pillow would lose something of a map in a TIFF."""
    return one.mode in (*DEEP, STACK) or (one.picture is not None and "spacing" in one.facts)


def encode_tiff(maps: Sequence[FeatureMap], compression: str | None) -> bytes:
    """The bytes of a TIFF with an image for each map."""
    tifffile = extra("tiff", "a TIFF of this kind (OME, or deep colours)")
    is_ome = any(_needs_ome(one) for one in maps)
    images = [(one, *_in_ome_order(one)) for one in (each.expanded() for each in maps)]
    is_big = sum(data.nbytes for _, data, _ in images) > _CLASSIC_LIMIT
    stream = BytesIO()
    try:
        with tifffile.TiffWriter(stream, ome=is_ome, bigtiff=is_big) as file:
            for one, data, axes in images:
                metadata = ome_metadata(one, data, axes) if is_ome else None
                file.write(data, **_tags(one, axes, compression), metadata=metadata)
    except PoolError:
        raise
    except DECODER_ERRORS as error:
        check_codecs(error)
        raise FileError(
            f"tifffile cannot write it ({' '.join(str(error).split())}): write .npy"
        ) from error
    return stream.getvalue()


def _needs_ome(one: FeatureMap) -> bool:
    return "spacing" in one.facts or one.picture is None or one.picture.mode == STACK


def _in_ome_order(one: FeatureMap) -> tuple[Array, str]:
    """The values in OME's order of axes, and the names of these."""
    letters = set(one.layout)
    if not {"H", "W"} <= letters:
        raise FileError(
            f"a map of shape {shape_words(one.data.shape)} ({one.layout}) has no height and width, "
            "which a TIFF needs: write .npy"
        )
    is_colour = one.picture is not None and one.picture.mode in COLOURS
    order = "HWC" if is_colour else "".join(letter for letter in "NCDHW" if letter in letters)
    data = one.data.transpose([one.layout.index(letter) for letter in order])
    names = "YXS" if is_colour else "".join(TO_OME[letter] for letter in order)
    return np.ascontiguousarray(data), names


def _tags(one: FeatureMap, axes: str, compression: str | None) -> dict[str, Any]:
    """How the pixels are stored, as options of tifffile."""
    picture, facts = one.picture or Picture(STACK), one.facts
    kept = facts.get("compression", "")
    tags: dict[str, Any] = {
        "photometric": "rgb" if axes.endswith("S") and picture.mode != "LA;16" else "minisblack",
        "compression": _CODECS.get(compression or kept, "zlib"),
        "software": False,
        "iccprofile": facts.get("icc"),
    }
    if "A" in picture.mode:
        tags["extrasamples"] = ["unassalpha"]
    if "dpi" in facts:
        tags |= {"resolution": facts["dpi"], "resolutionunit": "inch"}
    return tags
