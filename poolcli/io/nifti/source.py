"""NIfTI-1 and -2 by nibabel (an extra): volumes with the size, place and direction of a voxel.

Values are scaled as the header says, so that they mean the same to every reducer.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from math import prod
from typing import Any, BinaryIO, cast

import numpy as np

from poolcli.errors import FileError
from poolcli.io import gzipped
from poolcli.io.damage import check_unpacked, refused
from poolcli.io.header import Header
from poolcli.io.raw_values import native, size_of
from poolcli.io.source import Region
from poolcli.maps.facts import Affine, PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, shape_words
from poolcli.resources.extras import extra

HEADS = {348: (344, b"n+1\0"), 540: (4, b"n+2\0")}  # by the length of a header: where its magic is
LAYOUTS = {1: "W", 2: "WH", 3: "WHD", 4: "WHDN", 5: "WHDNC"}
_UNITS = {"meter": "m", "mm": "mm", "micron": "µm", "sec": "s", "msec": "ms", "usec": "µs"}
NAMES = {symbol: name for name, symbol in _UNITS.items()}


def is_nifti(stream: BinaryIO) -> bool:
    """Whether a stream, packed or not, begins with the header of a NIfTI file."""
    return _order(gzipped.head_of(stream, 540)) is not None


def _order(head: bytes) -> str | None:
    """The byte order of a header; None if it is no NIfTI."""
    for order in ("little", "big"):
        length = int.from_bytes(head[:4], cast("Any", order))
        if length in HEADS:
            place, magic = HEADS[length]
            return order if head[place : place + 4] == magic else None
    return None


def open_source(stream: BinaryIO, layout: str | None) -> NiftiSource:
    """The volume of a file."""
    return NiftiSource(stream, layout)


class NiftiSource:
    """A volume, of which any region can be read."""

    format = "nifti"

    def __init__(self, stream: BinaryIO, layout: str | None) -> None:
        nibabel = extra("nifti", "a NIfTI file")
        _quiet()
        size = size_of(stream)
        values = gzipped.opened(stream)
        with damage_refused():
            length = int.from_bytes(values.read(4), "little")
            values.seek(0)
            is_second = length in (540, int.from_bytes((540).to_bytes(4, "little"), "big"))
            kind = nibabel.Nifti2Image if is_second else nibabel.Nifti1Image
            holder = nibabel.FileHolder(fileobj=values)
            self._image = kind.from_file_map({"image": holder, "header": holder}, mmap=False)
            self.headers = (_header(self._image, layout),)
            _check_size(self._image, size, is_packed=values is not stream)

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """The volume, or a region of it."""
        header, proxy = self.headers[number], self._image.dataobj
        with damage_refused():
            values = np.asarray(proxy[region] if region is not None else proxy)
        values = native(values, header.dtype)
        return FeatureMap(values, header.layout, None, "", header.facts)


def _quiet() -> None:
    """Keep nibabel from writing to stderr what it changes in odd headers."""
    logger = logging.getLogger("nibabel.global")
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False


def damage_refused() -> AbstractContextManager[None]:
    """Turn whatever nibabel raises in this block into a FileError."""
    return refused("the NIfTI is cut short or damaged ({}): save it again", _is_of_nibabel)


def _is_of_nibabel(error: Exception) -> bool:
    return "nibabel" in type(error).__module__


def _check_size(image: Any, size: int, *, is_packed: bool) -> None:
    proxy = image.dataobj
    unpacked = prod(proxy.shape) * proxy.dtype.itemsize
    if is_packed:
        check_unpacked(unpacked, size)
    elif proxy.offset + unpacked > size:
        raise FileError(
            f"its header claims {shape_words(proxy.shape)} voxels, and they are not all there: "
            "save it again"
        )


def _header(image: Any, layout: str | None) -> Header:
    shape, proxy = tuple(map(int, image.shape)), image.dataobj
    if proxy.dtype.kind not in "biuf" or proxy.dtype.itemsize > 8:
        raise FileError(f"it holds {proxy.dtype}: save real numbers of at most 64 bits")
    if not shape or 0 in shape or len(shape) > 5:
        raise FileError(f"its shape is {shape_words(shape) or '()'}: save one to five axes")
    letters = check_layout(layout, len(shape)) if layout else LAYOUTS[len(shape)]
    is_scaled = (proxy.slope, proxy.inter) != (1, 0)
    dtype = "float64" if is_scaled else proxy.dtype.newbyteorder("=").name
    return Header("", shape, dtype, letters, None, _facts(image, letters))


def _facts(image: Any, letters: str) -> dict[str, Any]:
    header = image.header
    space, time = (_UNITS.get(unit, "") for unit in header.get_xyzt_units())
    zooms = dict(zip(letters, map(float, header.get_zooms()), strict=True))
    found: dict[str, Any] = {
        "spacing": {
            letter: PixelSize(zoom, time if letter == "N" else space)
            for letter, zoom in zooms.items()
            if letter != "C"
        },
        "header": header.binaryblock,
    }
    if letters[:3] == "WHD":
        found["affine"] = Affine("WHD", tuple(tuple(map(float, row)) for row in image.affine[:3]))
    if header.extensions:
        found["extensions"] = tuple((each.get_code(), _bytes(each)) for each in header.extensions)
    return found


def _bytes(extension: Any) -> bytes:
    """The bytes of an extension; what nibabel makes of them is no text of them."""
    raw = getattr(extension, "content", None)  # since nibabel 5.3
    content = raw if isinstance(raw, bytes) else extension.get_content()
    return content if isinstance(content, bytes) else str(content).encode()
