"""Fractional windows: cells of one size at distances that vary by a pixel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from poolcli.engine.reducers.gathers import uniform
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.place import AXIS_NAMES, PlacedGrid, Placement, per_axis
from poolcli.engine.windows.runs import runs_of
from poolcli.errors import ShapeError
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size


@dataclass(frozen=True)
class Fractional:
    """`size` cells of `kernel` pixels on each axis, at distances that vary by a pixel (Graham
    2014).

    Cell i starts at floor((i + u) a) - floor(u a) with a = (L - k) / (n - 1), the last one at L -
    k. The numbers u, from 0 up to 1, are `samples`: one for each axis (depth, height, width), or an
    array of shape (N, C, axes) in PyTorch's order of axes. Without them each plane has its own,
    which depend on `seed` and the plane's number alone.

    Source: PyTorch aten/src/ATen/native/FractionalMaxPool2d.cpp, FractionalMaxPool3d.cpp.

    >>> placement = Fractional((3,), (2,), samples=(0.8,)).on(Frame(None, None, (7,)))
    >>> axis, = placement.grids[0].grid.axes
    >>> [list(axis.taps_of(cell).pixels) for cell in range(3)]
    [[0, 1], [2, 3], [5, 6]]
    """

    size: Size
    kernel: Size
    seed: int = 0
    samples: tuple[float, ...] | Array | None = None

    def on(self, frame: Frame) -> Placement:
        """A grid for each plane, or one for all planes where they share their samples."""
        axes = len(frame.space)
        result = frame.pooled(per_axis("fractional", self.size, axes))
        if isinstance(self.samples, tuple):
            grid = self._grid(frame.space, per_axis("samples", self.samples, axes))
            return Placement(result, (PlacedGrid(..., ..., grid, frame.planes),))
        self._grid(
            frame.space, (0.0,) * axes
        )  # raises what does not fit, even if there is no plane
        grids = [self._grid(frame.space, numbers) for numbers in self._samples_of_planes(frame)]
        planes = product(*map(range, frame.lead))
        placed = (
            PlacedGrid(plane, plane, grid, 1) for plane, grid in zip(planes, grids, strict=True)
        )
        return Placement(result, tuple(placed))

    def _grid(self, space: Size, samples: Sequence[float]) -> Grid:
        axes = len(space)
        kernel = per_axis("kernel", self.kernel, axes)
        cells = per_axis("fractional", self.size, axes)
        facts = zip(AXIS_NAMES[axes], space, kernel, cells, samples, strict=True)
        return Grid(tuple(_axis(*fact) for fact in facts))

    def _samples_of_planes(self, frame: Frame) -> Iterable[Sequence[float]]:
        """The numbers u of each plane, in the order of its axes."""
        axes = len(frame.space)
        if self.samples is None:
            drawn: list[list[float]] = uniform(
                self.seed, np.arange(frame.planes), np.arange(axes)
            ).tolist()
            return drawn
        samples = np.asarray(self.samples)
        wanted = (1 if frame.batch is None else frame.batch, frame.channels or 1, axes)
        if samples.shape != wanted:
            raise ShapeError(
                f"`samples` has the shape {samples.shape}: this map needs {wanted} (N, C, axes)"
            )
        # PyTorch draws width before height in 2-D, yet depth before height before width in 3-D.
        rows = samples[..., ::-1] if axes == 2 else samples
        return list(rows.reshape(-1, axes))


def _axis(name: str, length: int, kernel: int, cells: int, u: float) -> Axis:
    """One axis, computed in the precision of u."""
    if cells + kernel - 1 > length:
        most = length - kernel + 1
        cure = f"at most {most} cells" if most > 0 else f"a kernel of at most {length}"
        raise ShapeError(
            f"{cells} fractional cells of kernel {kernel} need {cells + kernel - 1} pixels, "
            f"and axis {name} has {length}: use {cure}"
        )
    starts, stride = [length - kernel], Fraction(length)
    if cells > 1:
        stride = Fraction(length - kernel, cells - 1)
        real = type(u)
        step = real(length - kernel) / real(cells - 1)
        starts[:0] = [int((cell + u) * step) - int(u * step) for cell in range(cells - 1)]
    runs = runs_of((start, kernel, 0, 0) for start in starts)
    return Axis(cells, runs, kernel, kernel, stride)
