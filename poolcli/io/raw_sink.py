"""Files whose values lie in them as they are: written region by region, by several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import BinaryIO, NamedTuple

from poolcli.io.raw_values import RawValues
from poolcli.io.source import Region
from poolcli.maps.array import Array
from poolcli.resources import memory


class RawBlock(NamedTuple):
    """The values of a map in a file: where they are, and in which order of the map's axes.

    `stored` makes what is written of values.
    """

    values: RawValues
    axes: tuple[int, ...]
    stored: Callable[[Array], Array] = lambda values: values


class RawLayout(NamedTuple):
    """A file: a block for each map, all other bytes by the place where they begin, and its size."""

    blocks: Sequence[RawBlock]
    others: Mapping[int, bytes]
    size: int


class RawSink:
    """A file that is being written in regions; it has its size, and all but the values, at once."""

    def __init__(self, stream: BinaryIO, layout: RawLayout, *, is_new: bool = True) -> None:
        self._stream, self._layout, self._lock = stream, layout, Lock()
        if is_new:
            self._begin()

    def write(self, number: int, region: Region, values: Array) -> None:
        """Take the values of a region."""
        raw, axes, stored = self._layout.blocks[number]
        part = stored(values.transpose(axes))
        with self._lock:
            raw.write(self._stream, tuple(region[axis] for axis in axes), part)
            self._stream.flush()  # whoever is told that it is written may rely on that

    def reserve(self) -> None:
        """Do nothing: the file has its size."""

    def finish(self) -> None:
        """Do nothing: every region has been written."""

    def _begin(self) -> None:
        memory.reserve(self._stream, self._layout.size)
        for place, content in self._layout.others.items():
            self._stream.seek(place)
            self._stream.write(content)
        self._stream.flush()


def row_of(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """The shape of what lies together: all of the last of these axes."""
    return tuple(size if axis == axes[-1] else 1 for axis, size in enumerate(shape))
