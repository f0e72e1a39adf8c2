"""Which pixels of a pipeline's input a cell sees."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple


class ReceptiveField(NamedTuple):
    """What the cells of a map see of the pipeline's input, in pixels, for each spatial axis.

    `size` is how many pixels a cell sees, `jump` the distance to those of the next cell, `centre`
    the middle of those of the first cell; the middle of the first pixel is at 0.

    Source: Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks".

    >>> field = ReceptiveField.of_pixels(1).through([3], [2], [1])
    >>> field.through([2], [2], [Fraction(1, 2)]).size
    (5,)
    """

    size: tuple[int, ...]
    jump: tuple[Fraction, ...]
    centre: tuple[Fraction, ...]

    @classmethod
    def of_pixels(cls, axes: int) -> ReceptiveField:
        """Return the field of the input's own pixels."""
        return cls((1,) * axes, (Fraction(1),) * axes, (Fraction(0),) * axes)

    def through(
        self,
        window: Iterable[int],
        stride: Iterable[Fraction],
        centre: Iterable[Fraction],
    ) -> ReceptiveField:
        """Return the field of windows over these cells.

        Their size, stride and first centre are counted in these cells.
        """
        sizes = zip(self.size, self.jump, window, strict=True)
        jumps = zip(self.jump, stride, strict=True)
        centres = zip(self.centre, self.jump, centre, strict=True)
        return ReceptiveField(
            tuple(int(size + (cells - 1) * jump) for size, jump, cells in sizes),
            tuple(jump * cells for jump, cells in jumps),
            tuple(middle + jump * cells for middle, jump, cells in centres),
        )
