"""Values that lie in a file as they are: an array, or the rows of a region, without the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from poolcli.errors import FileError
from poolcli.io.source import Region
from poolcli.maps.array import Array
from poolcli.resources import memory

_SHORT = 1 << 16  # bytes of a row that is read whole, as seeking costs more


class RawValues(NamedTuple):
    """Where an array in C order begins, and what it is of."""

    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    def read(self, stream: BinaryIO, region: Region | None = None) -> Array:
        """The values in native byte order; of a region, those and not much more are read."""
        wanted = region or ()
        region = (*wanted, *(slice(None),) * (len(self.shape) - len(wanted)))
        spans = [each.indices(size)[:2] for each, size in zip(region, self.shape, strict=True)]
        inner, row = self._whole_rows(spans)
        runs, kept = spans[:inner], self.shape[inner:]
        sizes = [high - low for low, high in runs]
        raw = memory.empty((prod(sizes) * row,), np.uint8)
        self._read_runs(raw, stream, runs, row)
        values = raw.view(self.dtype).reshape(*sizes, *kept)
        values = values[(slice(None),) * inner + region[inner:]]
        if not self.dtype.isnative:
            values = values.byteswap(inplace=True)
        return values.view(self.dtype.newbyteorder("="))

    def _whole_rows(self, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
        """The first of the axes that are read whole, as they are or are short, and their bytes."""
        inner, row = len(self.shape), self.dtype.itemsize
        while inner:
            size = self.shape[inner - 1]
            if spans[inner - 1] != (0, size) and row * size > _SHORT:
                break
            inner, row = inner - 1, row * size
        return inner, row

    def _read_runs(
        self, raw: Array, stream: BinaryIO, runs: Sequence[tuple[int, int]], row: int
    ) -> None:
        """Read the rows of each run along the last of these axes; without axes, the one row."""
        if not runs:
            stream.seek(self.start)
            _fill(raw, stream)
            return
        *outer, (low, high) = runs
        length, at = (high - low) * row, 0
        for index in product(*(range(*span) for span in outer)):
            stream.seek(self.start + self._place((*index, low)) * row)
            _fill(raw[at : at + length], stream)
            at += length

    def write(self, stream: BinaryIO, region: Region, values: Array) -> None:
        """Put the values of a region into a file that has their place already."""
        spans = [each.indices(size)[:2] for each, size in zip(region, self.shape, strict=True)]
        inner = len(self.shape)  # the first of the axes that are written whole
        while inner and spans[inner - 1] == (0, self.shape[inner - 1]):
            inner -= 1
        outer, row = spans[: max(inner - 1, 0)], prod(self.shape[inner:]) * self.dtype.itemsize
        first = spans[inner - 1][0] if inner else 0
        raw = np.ascontiguousarray(values, self.dtype).reshape(prod(b - a for a, b in outer), -1)
        starts = product(*(range(*span) for span in outer))
        for index, part in zip(starts, raw.view(np.uint8), strict=True):
            at = self._place((*index, first) if inner else ())
            stream.seek(self.start + at * row)
            stream.write(part.data)

    def _place(self, index: Sequence[int]) -> int:
        """The flat number of an element of the first axes."""
        place = 0
        for number, size in zip(index, self.shape, strict=False):
            place = place * size + number
        return place


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
