"""Values that come from files: the indices, mask, boxes or weights that an option names."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolcli.errors import FileError
from poolcli.values import Kind

if TYPE_CHECKING:
    from poolcli.array import Array


@dataclass(frozen=True, eq=False)
class FileArray:
    """An array, and the path it was read from (or what it is, if it was given as it is). Equal by both."""

    text: str
    array: Array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileArray) and self._contents == other._contents

    def __hash__(self) -> int:
        return hash((self.text, self.array.shape))

    @property
    def _contents(self) -> tuple[Any, ...]:
        return self.text, self.array.shape, self.array.dtype, self.array.tobytes()


def read_array(value: Any) -> FileArray:
    """The array in a file, its axes as batch, channels, space; or an array, or numbers, given as they are."""
    import numpy as np

    if isinstance(value, FileArray):
        return value
    if isinstance(value, (str, os.PathLike)):
        return FileArray(os.fspath(value), _frozen(_loaded(os.fspath(value))))
    array = np.array(value)
    if array.dtype.kind not in "biuf":
        raise ValueError("takes a file, or an array of numbers")
    return FileArray(f"<array {'x'.join(map(str, array.shape))} {array.dtype}>", _frozen(array))


def _loaded(name: str) -> Array:
    from pathlib import Path  # here, because it would slow the start

    from poolcli import io

    try:
        maps = io.read(Path(name))
    except FileError as error:
        raise ValueError(str(error)) from None
    if len(maps) > 1:
        raise ValueError(f"holds {len(maps)} maps, and one is needed")
    return maps[0].planes()


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


ARRAY = Kind("FILE", read_array, lambda value: shlex.quote(value.text))
