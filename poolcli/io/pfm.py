"""PFM: floating-point gray or colour, rows from the bottom up, in either byte order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np

from poolcli.errors import FileError
from poolcli.io.format import Format
from poolcli.io.header import Header
from poolcli.io.raw_values import RawValues, size_of
from poolcli.io.sink import Sink, WholeSink
from poolcli.io.source import Region
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.maps.picture import Picture

_HEAD = 256  # bytes that hold the three lines of a header
_LINES = re.compile(rb"P([Ff])\s+(\d{1,9})\s+(\d{1,9})\s+([-+.\deE]{1,40})(?:\r\n|\s)")
_CHANNELS = {b"f": 1, b"F": 3}


def open_source(stream: BinaryIO, layout: str | None) -> PfmSource:
    """The picture; FileError for a layout that is not its own."""
    source = PfmSource(stream)
    own = source.headers[0].layout
    if layout not in (None, own):
        raise FileError(f"an image is {own} by nature, and --layout says {layout}: leave it out")
    return source


class PfmSource:
    """A picture, of which any rows can be read."""

    format = "pfm"

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        size = size_of(stream)
        found = _LINES.match(stream.read(_HEAD))
        if found is None:
            raise FileError("the header of the PFM is damaged: save it again")
        kind, width, height, scale = found.groups()
        self._scale = _number(scale)
        channels = _CHANNELS[kind]
        shape = (int(height), int(width), *((channels,) if channels > 1 else ()))
        dtype = np.dtype("<f4" if self._scale < 0 else ">f4")
        self._values = RawValues(found.end(), shape, dtype)
        if 0 in shape or self._values.start + self._values.nbytes > size:
            raise FileError(
                f"its header claims {shape_words(shape)} values, and they are not all there: "
                "save it again"
            )
        mode = Picture("F") if channels == 1 else Picture("ND")
        facts: dict[str, Any] = {}
        if abs(self._scale) != 1:
            facts["scale_offset"] = ((abs(self._scale), 0.0),)
        if size > self._values.start + self._values.nbytes:
            facts["further_data"] = ("data behind the image",)
        layout = "HW" if channels == 1 else "HWC"
        self.headers = (Header("", shape, "float32", layout, mode, facts),)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """The picture, or a region of it; only its rows are read."""
        header = self.headers[number]
        rows, *rest = region or (slice(None),)
        low, high, _ = rows.indices(header.shape[0])
        turned = slice(header.shape[0] - high, header.shape[0] - low)
        values = self._values.read(self._stream, (turned, *rest))[::-1]
        return FeatureMap(
            np.ascontiguousarray(values), header.layout, header.picture, "", header.facts
        )


def _number(scale: bytes) -> float:
    try:
        value = float(scale)
    except ValueError:
        value = 0.0
    if not value or not np.isfinite(value):
        raise FileError(
            f"the scale in the header of the PFM is {scale.decode()}: save it with 1 or -1"
        )
    return value


def open_sink(
    _: Format, stream: BinaryIO, headers: Sequence[Header], options: Mapping[str, Any]
) -> Sink:
    """A PFM of one map; `byte_order` is little or big."""
    order = options.get("byte_order", "<")
    return WholeSink(headers, lambda maps: stream.write(_encoded(maps[0], order)))


def check(_: Format, headers: Sequence[Header], __: Mapping[str, Any]) -> None:
    """FileError for what is no picture of one or three channels."""
    for header in headers:
        sizes = dict(zip(header.layout, header.shape, strict=True))
        others = [size for letter, size in sizes.items() if letter not in "HWC"]
        if (
            not {"H", "W"} <= sizes.keys()
            or sizes.get("C", 1) not in (1, 3)
            or max([1, *others]) > 1
        ):
            raise FileError(
                f"a map of shape {shape_words(header.shape)} ({header.layout}) is no picture of 1 "
                "or 3 channels, which a PFM holds: write .npy"
            )


def _encoded(one: FeatureMap, order: str) -> bytes:
    pixels = _as_hwc(one)
    kind = "PF" if pixels.ndim == 3 else "Pf"
    ((scale, _), *_) = one.facts.get("scale_offset", ((1.0, 0.0),))
    signed = -scale if order == "<" else scale
    head = f"{kind}\n{pixels.shape[1]} {pixels.shape[0]}\n{signed:.9g}\n".encode()
    return head + np.ascontiguousarray(pixels[::-1], f"{order}f4").tobytes()


def _as_hwc(one: FeatureMap) -> Array:
    """The values as HWC, or HW where there is one channel."""
    axes = dict(zip(one.layout, one.data.shape, strict=True))
    kept = [letter for letter in one.layout if letter in "HW" or axes[letter] > 1]
    data = one.data.reshape([axes[letter] for letter in kept])
    turned: Array = data.transpose([kept.index(letter) for letter in "HWC" if letter in kept])
    return turned
