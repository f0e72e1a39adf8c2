"""Footprints: which taps of a kernel count, by a shape's name or as an array."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from poolcli.errors import ShapeError
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.frame import Size

SHAPES = ("disk", "diamond", "cross", "ring")

Box = tuple[slice, ...]  # of the taps along each axis


@dataclass(frozen=True)
class Footprint:
    """The taps of a kernel of this shape that count; `flags` has a byte for each tap, 1 or 0.

    >>> print(Footprint.named("diamond", (3, 5)).taps.astype(int))
    [[0 0 1 0 0]
     [1 1 1 1 1]
     [0 0 1 0 0]]
    """

    shape: Size
    flags: bytes

    @classmethod
    def of(cls, taps: Array) -> Footprint:
        """The footprint of an array that is not 0 where a tap counts."""
        found = np.nan_to_num(np.asarray(taps)) != 0
        if not found.any():
            raise ShapeError("`footprint` has no tap: it is 0 everywhere")
        return cls(found.shape, found.tobytes())

    @classmethod
    def named(cls, name: str, kernel: Size) -> Footprint:
        """One of `SHAPES` in a kernel; ShapeError where it has no tap.

        A disk has the taps within (k - 1) / 2 of the middle; a diamond those whose distances along
        the axes add up to no more; a cross the middle along all axes but one; a ring a disk without
        that of k - 2. Where axes differ, distances are shares of their (k - 1) / 2.
        """
        taps = _disk(kernel) if name == "ring" else _TAPS[name](kernel)
        if name == "ring":
            taps &= ~_inner_disk(kernel)
        if not taps.any():
            size = "x".join(map(str, kernel))
            raise ShapeError(
                f"`footprint` {name} of a kernel of {size} has no tap: use a larger kernel"
            )
        return cls.of(taps)

    @cached_property
    def taps(self) -> Array:
        """True where a tap counts."""
        return np.frombuffer(self.flags, np.bool_).reshape(self.shape)

    @cached_property
    def count(self) -> int:
        """How many taps count."""
        return int(self.taps.sum())

    @cached_property
    def parts(self) -> tuple[Box, ...]:
        """Boxes that part the taps.

        Neighbouring rows with the same taps go together, and each stretch of taps is a box.
        """
        return tuple(_parts(self.taps))

    @cached_property
    def cover(self) -> tuple[Box, ...]:
        """Few boxes that cover the taps, and overlap."""
        boxes: list[Box] = []
        for box in _grown(self.taps):
            if not any(_contains(other, box) for other in boxes):
                boxes = [*(other for other in boxes if not _contains(box, other)), box]
        return tuple(boxes)


def _parts(taps: Array) -> Iterator[Any]:
    if taps.ndim == 1:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], taps, [False]])))
        yield from ((slice(int(a), int(b)),) for a, b in edges.reshape(-1, 2))
        return
    start = 0
    for stop in range(1, len(taps) + 1):
        if stop == len(taps) or (taps[stop] != taps[start]).any():
            yield from ((slice(start, stop), *box) for box in _parts(taps[start]))
            start = stop


def _grown(taps: Array) -> Iterator[Any]:
    """For each stretch of taps of a row, the largest box of rows that all have it."""
    if taps.ndim == 1:
        yield from _parts(taps)
        return
    for row in range(len(taps)):
        for box in _grown(taps[row]):
            full: Array = taps[(slice(None), *box)].reshape(len(taps), -1).min(axis=1)
            before = np.flatnonzero(~full[:row])
            after = np.flatnonzero(~full[row:])
            first = int(before[-1]) + 1 if before.size else 0
            stop = row + int(after[0]) if after.size else len(taps)
            yield (slice(first, stop), *box)


def _contains(one: Box, other: Box) -> bool:
    return all(a.start <= b.start and b.stop <= a.stop for a, b in zip(one, other, strict=True))


def _distances(kernel: Size) -> list[Array]:
    """Twice the distance from the middle along each axis, of a shape that broadcasts."""
    return [
        np.abs(2 * np.arange(size) - (size - 1)).reshape(-1, *(1,) * (len(kernel) - axis - 1))
        for axis, size in enumerate(kernel)
    ]


def _within(kernel: Size, radii: Size, power: int) -> Array:
    """Where the sum of (distance / radius)^power is at most 1; radius 0 takes the middle alone."""
    # In whole numbers: over the common denominator.
    whole = int(np.prod([max(radius, 1) ** power for radius in radii], dtype=object))
    total: Any = np.zeros((), object)
    for away, radius in zip(_distances(kernel), radii, strict=True):
        share = away.astype(object) ** power * (whole // max(radius, 1) ** power)
        total = total + np.where((radius == 0) & (away > 0), whole + 1, share)
    return np.broadcast_to(total <= whole, kernel).copy()


def _disk(kernel: Size) -> Array:
    return _within(kernel, tuple(size - 1 for size in kernel), 2)


def _inner_disk(kernel: Size) -> Array:
    if min(kernel) < 3:
        return np.zeros(kernel, np.bool_)
    return _within(kernel, tuple(size - 3 for size in kernel), 2)


def _diamond(kernel: Size) -> Array:
    return _within(kernel, tuple(size - 1 for size in kernel), 1)


def _cross(kernel: Size) -> Array:
    """The middle along all axes but one; an even kernel has two middles."""
    away = [np.broadcast_to(distance > 1, kernel) for distance in _distances(kernel)]
    taps: Array = np.sum(away, axis=0) <= 1
    return taps


_TAPS = {"disk": _disk, "diamond": _diamond, "cross": _cross}
