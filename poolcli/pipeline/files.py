"""Values that come from files: the indices, mask, boxes or weights that an option names."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from poolcli.errors import FileError, ShapeError
from poolcli.pipeline.parameters import Kind

if TYPE_CHECKING:
    from poolcli.maps.array import Array


@dataclass(frozen=True, eq=False)
class FileArray:
    """An array, and the path it was read from (or what it is, if it was given as it is). Equal by both.

    `named` are all arrays of a file that holds several; `array` is its first.
    """

    text: str
    array: Array
    named: tuple[tuple[str, Array], ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileArray) and self._contents == other._contents

    def __hash__(self) -> int:
        return hash((self.text, self.array.shape))

    @property
    def _contents(self) -> tuple[Any, ...]:
        arrays = (("", self.array), *self.named)
        return self.text, tuple(
            (name, each.shape, each.dtype, each.tobytes()) for name, each in arrays
        )

    def of(self, name: str) -> Array:
        """The array of the map of this name; the only one, where there is one."""
        if not self.named:
            return self.array
        if name not in dict(self.named):
            names = ", ".join(name for name, _ in self.named)
            raise ShapeError(
                f"it holds arrays for the maps {names}, and this one is {name or 'alone'}"
            )
        return dict(self.named)[name]


def array_of(value: Any) -> Any:
    """The array of a FileArray; any other value as it is."""
    return value.array if isinstance(value, FileArray) else value


def read_array(value: Any) -> FileArray:
    """The array in a file, its axes as batch, channels, space; or an array, or numbers, given as they are."""
    import numpy as np

    if isinstance(value, FileArray):
        return value
    if isinstance(value, (str, os.PathLike)):
        (array,) = _loaded(os.fspath(value), most=1).values()
        return FileArray(os.fspath(value), array)
    array = np.array(value)
    if array.dtype.kind not in "biuf":
        raise ValueError("takes a file, or an array of numbers")
    return FileArray(f"<array {'x'.join(map(str, array.shape))} {array.dtype}>", _frozen(array))


def read_arrays(value: Any) -> FileArray:
    """As `read_array`, but of a file that may hold an array for each of several maps."""
    if not isinstance(value, (str, os.PathLike)):
        return read_array(value)
    arrays = _loaded(os.fspath(value))
    first = next(iter(arrays.values()))
    return FileArray(os.fspath(value), first, tuple(arrays.items()) if len(arrays) > 1 else ())


def _loaded(name: str, most: float = inf) -> dict[str, Array]:
    from pathlib import Path  # here, because it would slow the start

    from poolcli import io

    try:
        maps = io.read(Path(name))
    except FileError as error:
        raise ValueError(str(error)) from None
    if len(maps) > most:
        raise ValueError(f"holds {len(maps)} maps, and one is needed")
    return {each.name: _frozen(each.planes()) for each in maps}


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


ARRAYS = Kind("FILE", read_arrays, lambda value: shlex.quote(value.text))
ARRAY = Kind("FILE", read_array, lambda value: shlex.quote(value.text))
