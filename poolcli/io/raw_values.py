"""Values that lie in a file as they are: an array, or the rows of a region, without the rest."""

from __future__ import annotations

from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.source import Region
from poolcli.maps.array import Array
from poolcli.resources import memory


class RawValues(NamedTuple):
    """Where an array in C order begins, and what it is of."""

    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    def read(self, stream: BinaryIO, region: Region | None = None) -> Array:
        """The values in native byte order; only the rows of the first axis that a region has."""
        first, *rest = region or (slice(None),)
        low, high, _ = first.indices(self.shape[0])
        row = self.nbytes // self.shape[0]
        raw = memory.empty(((high - low) * row,), np.uint8)
        stream.seek(self.start + low * row)
        _fill(raw, stream)
        values = raw.view(self.dtype).reshape(high - low, *self.shape[1:])[(slice(None), *rest)]
        if not self.dtype.isnative:
            values = values.byteswap(inplace=True)
        return values.view(self.dtype.newbyteorder("="))


def _fill(raw: Array, stream: BinaryIO) -> None:
    filled = 0
    while filled < len(raw):
        count: int = stream.readinto(raw[filled:].data)  # type: ignore[attr-defined]
        if not count:
            raise FileError("its values are cut short: save it again")
        filled += count


def native(values: Array, dtype: str) -> Array:
    """The values as a plain array of a dtype, whose byte order is not even named."""
    plain = np.asarray(values)
    return plain.view(dtype) if plain.dtype == dtype else plain.astype(dtype)


def size_of(stream: BinaryIO) -> int:
    """The bytes of a stream, which is left at its start."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return size
