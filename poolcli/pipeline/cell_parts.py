"""The cells of a step whose windows are larger than memory: each by itself, in parts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from poolcli.engine.operations.operation import Pooling, assembled, outside_of
from poolcli.engine.operations.part_collector import PartCollector, parts_of
from poolcli.engine.operations.pixels import CountedPixels, MaskedPixels, counted
from poolcli.engine.operations.pool import pool
from poolcli.engine.operations.window_parts import Window, WindowParts
from poolcli.engine.windows.fold_tree import FoldTree, Node
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid, Placement
from poolcli.engine.windows.plane_part import PlanePart
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import space_letters
from poolcli.maps.picture import WITH_ALPHA
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.pooled_map import Prepared, prepared
from poolcli.resources import memory

__all__ = [
    "CellMaker",
    "CellUnit",
    "FoldTree",
    "Node",
    "PartCollector",
    "Slices",
    "WindowParts",
    "cell_maker",
]

Slices = tuple[slice, ...]


@dataclass(frozen=True)
class CellUnit:
    """Some cells on some planes: the number of their grid, the planes, and the cells.

    `planes` are slices along the axes of planes, `cells` along those of the grid.
    """

    grid: int
    planes: Slices
    cells: Slices

    def __hash__(self) -> int:  # slices have none before Python 3.12
        return hash((self.grid, *((each.start, each.stop) for each in self.planes + self.cells)))


@dataclass(frozen=True)
class CellMaker:
    """Makes the cells of a step on maps of a form, which it takes as they are."""

    step: Configuration
    form: Form
    operation: Pooling
    ready: Prepared
    placement: Placement

    @property
    def units(self) -> list[CellUnit]:
        """All cells of each grid together, on all of its planes."""
        lead = tuple(slice(0, size) for size in self.form.frame.lead)
        found = []
        for number, placed in enumerate(self.placement.grids):
            image = placed.source if isinstance(placed.source, tuple) else ()
            planes = (*(slice(each, each + 1) for each in image), *lead[len(image) :])
            cells = tuple(slice(0, axis.cells) for axis in placed.grid.axes)
            found.append(CellUnit(number, planes, cells))
        return found

    def apart(self, unit: CellUnit) -> list[CellUnit]:
        """The cells of a unit one by one."""
        numbers = product(*(range(each.start, each.stop) for each in unit.cells))
        cells = (tuple(slice(each, each + 1) for each in number) for number in numbers)
        return [CellUnit(unit.grid, unit.planes, each) for each in cells]

    def spans(self, unit: CellUnit) -> Slices:
        """The pixels that a unit reads along each spatial axis."""
        pairs = zip(self._grid(unit).axes, unit.cells, strict=True)
        return tuple(axis.cells_between(some.start, some.stop).span for axis, some in pairs)

    def numbers(self, planes: Slices, spans: Slices) -> Numbers:
        """The pixels of planes as those of the map, by the letters of its axes."""
        letters = [each for each in "NC" if each in self.form.layout]
        ranges = [*zip(letters, planes, strict=True)]
        ranges += zip(space_letters(self.form.layout), spans, strict=True)
        found = {letter: np.arange(each.start, each.stop) for letter, each in ranges}
        return {letter: found[letter] for letter in self.form.layout}

    def pooled(self, unit: CellUnit, part: MapPart) -> Array:
        """The cells of a unit, (planes, cells), from all of its pixels."""
        placed, spans = self.placement.grids[unit.grid], self.spans(unit)
        pixels = tuple(np.arange(each.start, each.stop) for each in spans)
        here = PlanePart(self.form.frame, unit.planes, pixels, unit.cells)
        placed = placed._replace(source=..., part=here)
        masked = self._masked(unit.planes, spans, part)
        return pool(masked, placed, self.operation.reducer, self.ready.rules)[0]

    def window_parts(self, unit: CellUnit) -> WindowParts | None:
        """How the one cell of a unit is reduced in parts; None where that is impossible."""
        grid = self._grid(unit)
        pairs = zip(grid.axes, unit.cells, strict=True)
        axes = tuple(axis.cells_between(some.start, some.stop) for axis, some in pairs)
        if any(axis.runs[0].step != 1 for axis in axes):
            return None
        window = Window(Grid(axes), grid)
        return parts_of(window, self.operation.reducer, self.form.dtype, self.ready.rules)

    def taken(self, part: MapPart) -> MapPart:
        """The pixels of a part as the step takes them."""
        return part if self.step.reads_indices else part.expanded()

    def counted(self, planes: Slices, spans: Slices, part: MapPart) -> CountedPixels:
        """The pixels of a part, and which of them count."""
        return counted(self._masked(planes, spans, part), self.ready.rules)

    def result(self, template: FeatureMap, cells: dict[CellUnit, Array]) -> FeatureMap:
        """The map of all cells, of a kind with `template`."""
        grids = [self._joined(number, placed, cells) for number, placed in self._numbered]
        rules, shape = self.ready.rules, self.placement.frame.shape
        out = memory.empty(shape, np.dtype(rules.dtype))
        planes = assembled(self.placement, grids, outside_of(rules), out)
        return template.with_planes(planes, self.ready.geometry.frame)

    @property
    def _numbered(self) -> list[tuple[int, PlacedGrid]]:
        return list(enumerate(self.placement.grids))

    def _joined(self, number: int, placed: PlacedGrid, cells: dict[CellUnit, Array]) -> Array:
        """The cells of a grid on all of its planes."""
        whole = self.units[number].planes
        lead = tuple(each.stop - each.start for each in whole)
        out = memory.empty((*lead, *placed.grid.shape), np.dtype(self.ready.rules.dtype))
        for unit, values in cells.items():
            if unit.grid == number:
                at = (
                    slice(some.start - each.start, some.stop - each.start)
                    for some, each in zip(unit.planes, whole, strict=True)
                )
                out[(*at, *unit.cells)] = values
        return out

    def _grid(self, unit: CellUnit) -> Grid:
        return self.placement.grids[unit.grid].grid

    def _masked(self, planes: Slices, spans: Slices, part: MapPart) -> MaskedPixels:
        mask: Any = self.ready.rules.mask
        if mask is not None:
            mask = np.broadcast_to(mask, self.form.frame.shape)[(*planes, *spans)]
        return MaskedPixels(part.pixels.planes(), mask, None)


def cell_maker(step: Configuration, form: Form) -> CellMaker | None:
    """What makes the cells of a step one by one; None where they are no windows of plain values."""
    taken = form if step.reads_indices else form.expanded()
    by_stored_values = taken != form and step["nodata"]
    if step.op.overlay or by_stored_values or taken.mode in WITH_ALPHA:
        return None
    operation = step.operation_on(taken)
    if not isinstance(operation, Pooling):
        return None
    ready = prepared(step, taken)
    placement = operation.place.on(taken.frame)
    has_others = any(placed.grid.footprint or placed.grid.has_border for placed in placement.grids)
    if ready.rules.emit or has_others:
        return None
    return CellMaker(step, taken, operation, ready, placement)
