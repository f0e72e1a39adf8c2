"""Arrays as values of options (masks, weights, indices, boxes), from a file or from Python."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolcli.errors import ShapeError
from poolcli.pipeline.parameters import Kind

if TYPE_CHECKING:
    from poolcli.maps.array import Array


FOOTPRINTS = ("disk", "diamond", "cross", "ring")


@dataclass(frozen=True, eq=False)
class ArrayFile:
    """An array and where it comes from. Equal to another by its text and its values.

    Attributes
    ----------
    text
        The path of the file, as it was written; what the array is, where it comes from no file.
    array
        Its values, read-only, the axes as batch, channels, space.
    named
        All arrays of a file that holds several, with their names; `array` is the first of them.
    kind
        Which of the parser's readers reads the file: "array", "arrays" or "boxes"; "" where there
        is no file.
    """

    text: str
    array: Array
    named: tuple[tuple[str, Array], ...] = ()
    kind: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrayFile) and self._contents == other._contents

    def __hash__(self) -> int:
        return hash((self.text, self.array.shape))

    @property
    def _contents(self) -> tuple[Any, ...]:
        arrays = (("", self.array), *self.named)
        values = ((name, each.shape, each.dtype, each.tobytes()) for name, each in arrays)
        return self.text, tuple(values)

    def of(self, name: str) -> Array:
        """Return the array for the map of this name; the only one, where there is one."""
        if not self.named:
            return self.array
        arrays = dict(self.named)
        if name not in arrays:
            names, this = ", ".join(arrays), name or "alone"
            raise ShapeError(f"it holds arrays for the maps {names}, and this one is {this}")
        return arrays[name]


class MaskOfFile(ArrayFile):
    """The mask that a map came with, and its result has, too: what it leaves out may be 0."""


def as_array(value: Any) -> ArrayFile:
    """Return an array, or numbers, as the value of an option: a read-only copy."""
    from poolcli.maps.array_like import array_of  # here, as help needs no NumPy

    if isinstance(value, ArrayFile):
        return value
    if is_path(value):
        raise ValueError("is a file, and no files are read here: pass its array")
    array = array_of(value).copy()
    if array.dtype.kind not in "biuf":
        raise TypeError("takes a file, or an array of numbers")
    array.flags.writeable = False
    return ArrayFile(f"<array {'x'.join(map(str, array.shape))} {array.dtype}>", array)


def of_file(path: str, arrays: Mapping[str, Array], *, several: bool) -> ArrayFile:
    """Return the arrays of a file as the value of an option, which takes one or `several`."""
    if len(arrays) > 1 and not several:
        raise ValueError(f"holds {len(arrays)} maps, and one is needed")
    for array in arrays.values():
        array.flags.writeable = False
    first = next(iter(arrays.values()))
    named = tuple(arrays.items()) if len(arrays) > 1 else ()
    return ArrayFile(path, first, named, "arrays" if several else "array")


def is_path(value: Any) -> bool:
    """Whether a value names a file."""
    return isinstance(value, (str, os.PathLike))


def show_array(value: ArrayFile) -> str:
    """Return the text of an array, in quotes where a shell needs them."""
    return shlex.quote(value.text)


def as_taps(value: Any) -> ArrayFile | str:
    """Return the name of a footprint, or an array of 0 and 1 as one."""
    if isinstance(value, str) and value in FOOTPRINTS:
        return value
    if is_path(value):
        raise ValueError(f"takes {', '.join(FOOTPRINTS)}, or a file of 0 and 1")
    return with_taps(as_array(value))


def with_taps(value: ArrayFile) -> ArrayFile:
    """Return the array if it has a tap."""
    if not (value.array == value.array).all() or not value.array.any():
        raise ValueError("has no tap: it takes an array of 0 and 1, 1 where a tap counts")
    return value


def show_taps(value: ArrayFile | str) -> str:
    """Return the text of a footprint."""
    return value if isinstance(value, str) else show_array(value)


ARRAY = Kind("FILE", as_array, show_array, source="array")
ARRAYS = Kind("FILE", as_array, show_array, source="arrays")
TAPS = Kind("SHAPE|FILE", as_taps, show_taps, choices=FOOTPRINTS, source="taps")
