"""Reducers as filters of arrays, which give a result at every pixel: those of the cells are chosen.

A filter's window at a pixel begins half a window before it. Where one begins further out than the
map, or a cell lies behind the last pixel, the map is padded first.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.analysis.export.fold_code import FoldCode
from poolcli.analysis.export.numpy import padded_lines, padding
from poolcli.analysis.export.target import space_slices
from poolcli.maps.cached import cached_property

OF_POWERS = ("l2", "lp", "gem")  # reducers that filter powers of the pixels


def lowest(step: ExportedStep) -> str:
    """The code of what is less than every pixel."""
    return "-np.inf" if step.is_float else str(np.iinfo(step.form.dtype).min)


def highest(step: ExportedStep) -> str:
    """The code of what is larger than every pixel."""
    return "np.inf" if step.is_float else str(np.iinfo(step.form.dtype).max)


class FilterCode(FoldCode):
    """Expressions of filters; `border` is the word of a border, "clip" for none."""

    @abstractmethod
    def filtered(self, name: str, x: str, outside: str | None) -> str:
        """The filter max, min, or mean of all taps; `outside` is what it sees around the map.

        None where no window that counts reaches there.
        """

    def max(self, x: str) -> str:
        return self.cells_of("max", x, lowest(self.step))

    def min(self, x: str) -> str:
        return self.cells_of("min", x, highest(self.step))

    def mean(self, x: str) -> str:
        mean = self.cells_of("mean", x, "0")
        if self.step.unpadded:
            return mean
        return f"{mean} / {self.cells_of('mean', f'np.ones_like({x})', '0')}"

    def sum(self, x: str) -> str:
        return f"{self.step.taps} * {self.cells_of('mean', x, '0')}"

    def at_least(self, x: str, number: float) -> str:
        return f"np.maximum({x}, {number})"

    def root(self, x: str, degree: float) -> str:
        return super().root(f"np.maximum({x}, 0)", degree)  # running sums may end below 0

    def before(self) -> list[str]:
        """The lines that give `x` the border that no filter has."""
        return padded_lines(self.step) if self.pads_border else []

    @cached_property
    def fits(self) -> bool:
        """Whether every cell has its middle on a pixel."""
        return all(
            first >= 0 and last < length
            for (first, last), length in zip(self._middles(), self.step.form.space, strict=True)
        )

    @property
    def has_border(self) -> bool:
        """Whether windows read a border that is none of padding."""
        return self.step.unpadded and any(map(any, self.step.pads))

    @property
    def pads_border(self) -> bool:
        """Whether the border has to be put around the map first."""
        native = self.fits and len(set(self.step.edges)) == 1
        number = not isinstance(self.step.edges[0], str) and self.step.op in OF_POWERS
        return self.has_border and (number or not native)

    def cells_of(self, name: str, x: str, outside: str) -> str:
        """The filter's results in the middle of the cells."""
        step = self.step
        if not step.unpadded and not self.fits:
            pads = padding(step, step.pads)
            x = f"np.pad({x}, {pads}, constant_values={outside})"
        sees = None if step.unpadded or not self.fits else outside
        return self.chosen(self.filtered(name, x, sees))

    def chosen(self, text: str) -> str:
        """The results of a filter in the middle of the cells."""
        index = space_slices(self.step, self._slices())
        return f"{text}[{index}]" if index else text

    def _middles(self) -> list[tuple[int, int]]:
        """The pixels that the first and the last cell's windows have half a window behind them."""
        step = self.step
        firsts = (span // 2 - begin for span, (begin, _) in zip(step.spans, step.pads, strict=True))
        cells = zip(firsts, step.cells, step.stride, strict=True)
        return [(first, first + (count - 1) * stride) for first, count, stride in cells]

    def _slices(self) -> list[str]:
        step = self.step
        is_padded = self.pads_border or not (step.unpadded or self.fits)
        slices = []
        axes = zip(self._middles(), step.pads, step.form.space, step.stride, strict=True)
        for (first, last), (begin, end), length, stride in axes:
            shift, total = (begin, length + begin + end) if is_padded else (0, length)
            slices.append(sliced(first + shift, last + shift, stride, total))
        return slices


def sliced(first: int, last: int, stride: int, length: int) -> str:
    """The code of a slice from one place to another, of an axis of this length."""
    stop = "" if last + stride >= length else str(last + 1)
    step = f":{stride}" if stride > 1 else ""
    return f"{first or ''}:{stop}{step}"
