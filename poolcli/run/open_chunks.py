"""Chunks that are collected from their parts, until they are whole."""

from __future__ import annotations

from math import prod
from threading import Lock

import numpy as np

from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.pipeline.map_part import held_region
from poolcli.run.empty_regions import one_value_of, shape_of


class OpenChunks:
    """Chunks of which some parts are made, by any keys, and how many cells they lack.

    As long as all parts have one value, which `EmptyRegions` makes, the chunk is that value.
    """

    def __init__(self) -> None:
        self._open: dict[object, tuple[Array, int]] = {}
        self._lock = Lock()

    def put(self, key: object, chunk: Region, part: Region, values: Array) -> Array | None:
        """The values of a chunk, if this part was the last that it lacked."""
        if part == chunk:
            return values
        with self._lock:
            shape = shape_of(chunk)
            whole, lacking = self._open.pop(key, (None, prod(shape)))
            whole = _with_part(whole, values, shape, held_region(part, chunk))
            if lacking == values.size:
                return whole
            self._open[key] = whole, lacking - values.size
            return None


def _with_part(whole: Array | None, values: Array, shape: tuple[int, ...], at: Region) -> Array:
    """A chunk with one more part; None if it has none yet."""
    former = None if whole is None else one_value_of(whole)
    if whole is None or former is not None:
        value = one_value_of(values)
        if value is not None and (former is None or value.tobytes() == former.tobytes()):
            return np.broadcast_to(value, shape)
        whole = np.empty(shape, values.dtype)
        if former is not None:
            whole[...] = former
    whole[at] = values
    return whole
