"""How the pixels of a result lie on those of its input: what carried facts are changed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from poolcli.maps.layout import space_letters


class AxisSampling(NamedTuple):
    """One axis of a result: its size `before` and `after`, and where its pixels are.

    Pixel i has its centre at `offset + i * stride`, in pixels of the input, whose first centre is
    at 0. Both are None where pixels are not equally far apart.
    """

    before: int
    after: int
    stride: Fraction | None
    offset: Fraction | None

    @property
    def is_same(self) -> bool:
        """Whether the pixels are those of the input."""
        return self.before == self.after and self.stride == 1 and self.offset == 0

    def nearest(self, number: int) -> int:
        """The pixel of the result whose centre is nearest to that of a pixel of the input."""
        if self.stride is None or self.offset is None:
            return number * self.after // self.before
        return min(max(round((number - self.offset) / self.stride), 0), self.after - 1)

    def then(self, later: AxisSampling) -> AxisSampling:
        """This sampling, and another one of its result, as one."""
        if self.stride is None or self.offset is None or later.stride is None:
            return AxisSampling(self.before, later.after, None, None)
        offset = self.offset + self.stride * (later.offset or 0)
        return AxisSampling(self.before, later.after, self.stride * later.stride, offset)


# By the letters of the axes that input and result have in common.
Sampling = Mapping[str, AxisSampling]
Axes = tuple[str, tuple[int, ...]]  # a layout, and a size for each of its letters
Places = tuple[Sequence[Fraction], Sequence[Fraction], Sequence[bool]]


def sampling_of(before: Axes, after: Axes, places: Places) -> Sampling:
    """The sampling of a result.

    `places` are, for each spatial axis of the input, the stride and the centre of the first cell,
    and whether cells are equally far apart.

    >>> half = [Fraction(2)], [Fraction(1, 2)], [True]
    >>> sampling_of(("NL", (3, 9)), ("NL", (3, 4)), half)["L"].offset
    Fraction(1, 2)
    """
    sizes, new = dict(zip(*before, strict=True)), dict(zip(*after, strict=True))
    placed = dict(zip(space_letters(before[0]), zip(*places, strict=True), strict=True))
    return {
        letter: _axis(sizes[letter], new[letter], placed.get(letter))
        for letter in before[0]
        if letter in new
    }


def _axis(before: int, after: int, place: tuple[Fraction, Fraction, bool] | None) -> AxisSampling:
    if place is not None:
        stride, offset, is_even = place
        return AxisSampling(before, after, *((stride, offset) if is_even else (None, None)))
    same = (Fraction(1), Fraction(0)) if before == after else (None, None)
    return AxisSampling(before, after, *same)


def composed(first: Sampling, second: Sampling) -> Sampling:
    """Two samplings, one after the other."""
    return {letter: first[letter].then(second[letter]) for letter in first if letter in second}
