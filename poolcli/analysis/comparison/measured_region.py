"""The region of a large map that is measured: its middle, so that a photograph takes seconds."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import space_letters
from poolcli.pipeline.map_part import MapPart, Numbers

# Values of a map that is measured as a whole. The middle of a photograph of 12 megapixels then has
# a megapixel, and its measures take a second for each pipeline.
MOST_VALUES = 3 << 20
SHORTEST = 64  # pixels along an axis that are measured at least


def measured_region(form: Form) -> Numbers | None:
    """The pixels that are measured, in the middle of each axis; None for all of them."""
    shape = form.expanded().shape
    if prod(shape) <= MOST_VALUES:
        return None
    share = (MOST_VALUES / prod(shape)) ** (1 / len(form.space))
    sizes = {
        letter: min(size, max(SHORTEST, int(size * share)))
        for letter, size in zip(space_letters(form.layout), form.space, strict=True)
    }
    whole = dict(zip(form.layout, form.shape, strict=True))
    if all(sizes[letter] == whole[letter] for letter in sizes):
        return None
    return {letter: _middle(size, sizes.get(letter, size)) for letter, size in whole.items()}


def _middle(size: int, part: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    first = (size - part) // 2
    return np.arange(first, first + part)


class MovedMap(NamedTuple):
    """A map that is moved along an axis by some pixels, circularly; by none without a letter."""

    fmap: FeatureMap
    letter: str = ""
    by: int = 0

    def whole(self) -> FeatureMap:
        """The moved map."""
        if not self.by:
            return self.fmap
        axis = self.fmap.layout.index(self.letter)
        return self.fmap.with_data(np.roll(self.fmap.data, self.by, axis))

    def part(self, numbers: Numbers) -> MapPart:
        """The part of the moved map at these numbers, and at all on axes without numbers."""
        every = dict(zip(self.fmap.layout, map(np.arange, self.fmap.data.shape), strict=True))
        wanted = {**every, **numbers}
        whole = MapPart(self.fmap, self.fmap.form, every)
        if not self.by:
            return whole.narrowed(wanted)
        axis = self.fmap.layout.index(self.letter)
        band = whole.narrowed({**wanted, self.letter: every[self.letter]}).pixels
        sources = (wanted[self.letter] - self.by) % self.fmap.data.shape[axis]
        moved = self.fmap.with_data(band.data.take(sources, axis))
        return MapPart(moved, self.fmap.form, wanted)


def region_words(form: Form, numbers: Numbers | None) -> str:
    """Which pixels they are, in the words of a table; "" for all."""
    if numbers is None:
        return ""
    return ", ".join(
        f"{letter} {numbers[letter][0]}:{numbers[letter][-1] + 1}"
        for letter in space_letters(form.layout)
    )
