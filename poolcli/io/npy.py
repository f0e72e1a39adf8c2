"""One array as .npy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from poolcli.errors import FileError
from poolcli.io.header import Header
from poolcli.io.npy_header import read_checked_header, read_header
from poolcli.io.raw_values import RawValues, size_of
from poolcli.io.source import Region, part_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources import memory
from poolcli.resources.limits import current

_CHUNK = 1 << 24  # bytes written at a time: a zip that compresses them holds no more in memory
_PIECE = 1 << 20  # bytes read at a time: zipfile makes two copies of what it is asked for


# As a source ---------------------------------------------------------------------------------


def open_source(stream: BinaryIO, layout: str | None) -> ArraySource:
    """The array of a file."""
    size = size_of(stream)
    checked = read_checked_header(stream, size)
    header = checked.map_header(layout)
    if stream.tell() + checked.nbytes < size:
        header = header._replace(facts={"further_data": ("data behind the array",)})

    def read(_: int, region: Region | None) -> FeatureMap:
        stream.seek(0)
        if region is None:
            return replace(read_array(stream, size, layout), facts=header.facts)
        values = _read_region(stream, size, region)
        return FeatureMap(values, header.layout, facts=header.facts)

    return ArraySource("npy", (header._replace(chunks=_rows(stream, size)),), read)


class ArraySource:
    """The arrays of a file, each of which, or a region of it, `read_one` reads."""

    def __init__(
        self,
        format: str,  # noqa: A002 as in Source
        headers: tuple[Header, ...],
        read_one: Callable[[int, Region | None], FeatureMap],
    ) -> None:
        self.format, self.headers = format, headers
        self._read_one = read_one

    def read(self, number: int, region: Region | None = None) -> FeatureMap:
        """An array, or a region of it."""
        return self._read_one(number, region)


def _rows(stream: BinaryIO, size: int) -> tuple[int, ...]:
    """The shape of what lies together in a file: a row."""
    stream.seek(0)
    header = read_checked_header(stream, size)
    ones = (1,) * (len(header.shape) - 1)
    return (*ones, header.shape[-1]) if header.order == "C" else (header.shape[0], *ones)


def _read_region(stream: BinaryIO, size: int, region: Region) -> Array:
    """A region of the array of a file, without reading the rest."""
    header = read_checked_header(stream, size)
    is_c = header.order == "C"
    dtype = np.dtype(np.uint8) if header.dtype.kind == "b" else header.dtype
    shape = header.shape if is_c else header.shape[::-1]
    stored = RawValues(stream.tell(), shape, dtype)
    values = stored.read(stream, region if is_c else region[::-1])
    values = _as_bools(values) if header.dtype.kind == "b" else values
    return values if is_c else values.T


def peek_array(stream: BinaryIO, size: int, layout: str | None, name: str = "") -> Header:
    """The header of the array in a stream of `size` bytes."""
    return read_checked_header(stream, size).map_header(layout, name)


def read_array(stream: BinaryIO, size: int, layout: str | None, name: str = "") -> FeatureMap:
    """The array in a stream of `size` bytes.

    It is read, not mapped: the system kills a process that looks at a mapped page of a file that
    another program has cut short meanwhile.
    """
    header = read_checked_header(stream, size)
    letters, is_in_memory = header.layout(layout), current().memory.fits(header.nbytes)
    values = header.shaped(_typed(_read_bytes(stream, header.nbytes), header.dtype))
    return FeatureMap(values if is_in_memory else memory.contiguous(values), letters, name=name)


class IncomingArray:
    """An array in a stream that may have more behind it: `left` bytes of it are not read yet."""

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header; the stream is behind the magic number."""
        self._stream = stream
        self._header = read_header(stream)
        self.left = self._header.nbytes

    def source(self, layout: str | None) -> ArraySource:
        """The array as a source."""

        def read(_: int, region: Region | None) -> FeatureMap:
            return part_of(self._array(layout), region)

        return ArraySource("npy", (self._header.map_header(layout),), read)

    def _array(self, layout: str | None) -> FeatureMap:
        header, letters = self._header, self._header.layout(layout)
        raw, self.left = _read_bytes(self._stream, header.nbytes), 0
        return FeatureMap(header.shaped(_typed(raw, header.dtype)), letters)

    def skip(self) -> None:
        """Read over what is left of it."""
        while self.left and (skipped := len(self._stream.read(min(self.left, _CHUNK)))):
            self.left -= skipped


# Values --------------------------------------------------------------------------------------


def _read_bytes(stream: BinaryIO, nbytes: int) -> Array:
    raw = memory.empty((nbytes,), np.uint8)
    filled = 0
    while filled < nbytes:
        wanted = raw[filled : filled + _PIECE].data
        count: int = stream.readinto(wanted)  # type: ignore[attr-defined]
        if not count:
            raise FileError("the array is cut short: save it again")
        filled += count
    return raw


def _typed(raw: Array, dtype: np.dtype[np.generic]) -> Array:
    """Bytes as values in native byte order."""
    if dtype.kind == "b":
        return _as_bools(raw)
    values: Array = raw.view(dtype)
    if dtype.isnative:
        return values
    return values.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _as_bools(raw: Array) -> Array:
    """Bytes as bools, in place; a damaged file may hold a 7 where NumPy relies on 0 or 1."""
    bools: Array = raw.view(np.bool_)
    return bools if raw.max() <= 1 else np.not_equal(raw, 0, out=bools)
