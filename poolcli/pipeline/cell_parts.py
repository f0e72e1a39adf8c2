"""The cells of a step whose windows are larger than memory: each by itself, in parts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from poolcli.engine.operations.area_parts import area_parts_of
from poolcli.engine.operations.area_pooling import AreaPooling
from poolcli.engine.operations.bordered import along_axis
from poolcli.engine.operations.fold_parts import FoldParts
from poolcli.engine.operations.normalize import PIXEL
from poolcli.engine.operations.part_collector import parts_of
from poolcli.engine.operations.pixels import CountedPixels, counted, masked_pixels
from poolcli.engine.operations.pool import pool
from poolcli.engine.operations.window_parts import Weighing, Window, WindowParts
from poolcli.engine.windows.border import ABSENT
from poolcli.engine.windows.grid import Grid
from poolcli.engine.windows.place import PlacedGrid, Placement
from poolcli.engine.windows.plane_part import PlanePart, held_places
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import space_letters
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.cut_window import Slices
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.plane_groups import PooledGroup, groups_of, planned_groups
from poolcli.pipeline.pooled_map import Prepared, prepared


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
    """Makes the cells of a step on maps of a form, which it takes as they are.

    `groups` are the planes that are pooled together, with the first pixels of a map.
    """

    step: Configuration
    form: Form
    ready: Prepared
    groups: tuple[PooledGroup, ...]
    placements: tuple[Placement, ...]

    @property
    def joins_channels(self) -> bool:
        """Whether the channels of a pixel are needed together."""
        return len(self.groups) > 1

    @property
    def converted(self) -> int:
        """Bytes of a pixel that is normalised, or turned into light, before it is pooled."""
        is_converted = self.groups[0].planes.dtype != self.form.dtype or self.groups[0].before
        return PIXEL if is_converted else 0

    @property
    def units(self) -> list[CellUnit]:
        """All cells of each grid together, on all of its planes."""
        lead = tuple(slice(0, size) for size in self.form.frame.lead)
        found = []
        for number, placed in enumerate(self.placements[0].grids):
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

    def numbers(self, unit: CellUnit) -> Numbers:
        """The pixels that a unit reads."""
        pairs = zip(self._axes(unit), unit.cells, strict=True)
        return self._numbers(unit, [axis.pixels_of(some.start, some.stop) for axis, some in pairs])

    def window(self, unit: CellUnit) -> tuple[int, ...]:
        """How many taps the window of the one cell of a unit has along each axis."""
        pairs = zip(self._axes(unit), unit.cells, strict=True)
        return tuple(axis.tap_count(some.start) for axis, some in pairs)

    def tap_numbers(self, unit: CellUnit, taps: Slices) -> Numbers:
        """The pixels that some taps of the one cell of a unit read; at least one."""
        triples = zip(self._axes(unit), unit.cells, taps, strict=True)
        return self._numbers(
            unit, [axis.pixels_of_taps(some.start, each) for axis, some, each in triples]
        )

    def pooled(self, unit: CellUnit, part: MapPart) -> tuple[Array, ...]:
        """The cells of a unit, (planes, cells) of each group, from all of its pixels."""
        groups = self._groups(part)
        pairs = zip(groups, self.placements, strict=True)
        return tuple(self._pooled(unit, part, *each) for each in pairs)

    def _pooled(
        self, unit: CellUnit, part: MapPart, group: PooledGroup, placement: Placement
    ) -> Array:
        pixels = tuple(part.numbers[each] for each in space_letters(self.form.layout))
        here = PlanePart(self.form.frame, unit.planes, pixels, unit.cells)
        if self.joins_channels:
            here = here.of_channels(group.planes.shape[-1 - len(pixels)])
        planes, _, rules, weights = group.arguments
        if isinstance(group.operation, AreaPooling):
            return group.finished(group.operation.pool_part(planes, here, rules, weights))
        placed = placement.grids[unit.grid]._replace(source=..., part=here)
        masked = masked_pixels(planes, rules, weights)
        return group.finished(pool(masked, placed, group.operation.reducer, rules)[0])

    def window_parts(self, unit: CellUnit) -> tuple[WindowParts, ...] | None:
        """How the one cell of a unit is reduced in parts; None where that is impossible."""
        pairs = zip(self.groups, self.placements, strict=True)
        found = [self._parts(unit, group, placed.grids[unit.grid]) for group, placed in pairs]
        parts = tuple(each for each in found if each is not None)
        is_possible = len(parts) == len(found) and min(self.window(unit)) > 0
        return parts if is_possible and self.boxes(unit, parts) else None

    def _parts(self, unit: CellUnit, group: PooledGroup, placed: PlacedGrid) -> WindowParts | None:
        values = group.planes.dtype, self._weighing(unit, group)
        axes: Any = placed.grid.axes
        pairs = zip(axes, unit.cells, strict=True)
        cell: Any = tuple(axis.cells_between(some.start, some.stop) for axis, some in pairs)
        reducer = group.operation.reducer
        if isinstance(group.operation, AreaPooling):
            return area_parts_of(cell, reducer, group.rules, values)
        grid = Grid(cell, placed.grid.footprint)
        return parts_of(Window(grid, placed.grid, unit.cells), reducer, group.rules, values)

    def _weighing(self, unit: CellUnit, group: PooledGroup) -> Weighing:
        weights, rules = group.weights, group.rules
        taps = tuple(slice(0, size) for size in self.window(unit))
        borders = any(pixel is not None and not pixel.counts for pixel in rules.border)
        is_absent = any((each == ABSENT).any() for each in self._tap_pixels(unit, taps))
        picky = rules.picky or borders or is_absent
        heaviest = 1 if weights is None else int(np.iinfo(weights.dtype).max)
        return Weighing(picky or weights is not None, picky, heaviest)

    def boxes(self, unit: CellUnit, parts: tuple[WindowParts, ...]) -> tuple[Slices, ...]:
        """The taps that are folded by themselves, and then merged in order; none if they differ."""
        found = {self._boxes(unit, each) for each in parts}
        (boxes,) = found if len(found) == 1 else ((),)
        return tuple(tuple(slice(*ends) for ends in box) for box in boxes)

    def _boxes(self, unit: CellUnit, parts: WindowParts) -> tuple[tuple[tuple[int, int], ...], ...]:
        footprint = self.placements[0].grids[unit.grid].grid.footprint
        if footprint is None or not isinstance(parts, FoldParts):
            return (tuple((0, size) for size in self.window(unit)),)
        if parts.overlaps is None:
            return ()
        boxes = footprint.cover if parts.overlaps else footprint.parts
        return tuple(tuple((taps.start, taps.stop) for taps in box) for box in boxes)

    def counted(self, unit: CellUnit, taps: Slices, part: MapPart) -> list[CountedPixels]:
        """The pixels at some taps of each group of planes, and which of them count."""
        letters = space_letters(self.form.layout)
        pixels = self._tap_pixels(unit, taps)
        pairs = zip(pixels, letters, strict=True)
        held = [held_places(each, part.numbers[letter]) for each, letter in pairs]
        return [_at_taps(group, held) for group in self._groups(part)]

    def _groups(self, part: MapPart) -> list[PooledGroup]:
        groups = groups_of(self.step, part, self.ready)
        assert groups is not None, "the step has been planned"
        return groups

    def _axes(self, unit: CellUnit) -> Any:
        return self.placements[0].grids[unit.grid].grid.axes

    def _tap_pixels(self, unit: CellUnit, taps: Slices) -> list[Array]:
        triples = zip(self._axes(unit), unit.cells, taps, strict=True)
        return [axis.tap_pixels(some.start, each) for axis, some, each in triples]

    def _numbers(self, unit: CellUnit, pixels: list[Array]) -> Numbers:
        """The pixels of the planes as those of the map, by the letters of its axes."""
        lead = [each for each in "NC" if each in self.form.layout]
        pairs = zip(lead, unit.planes, strict=True)
        found = {letter: np.arange(each.start, each.stop) for letter, each in pairs}
        found |= dict(zip(space_letters(self.form.layout), pixels, strict=True))
        return {letter: found[letter] for letter in self.form.layout}


def _at_taps(group: PooledGroup, held: list[Array]) -> CountedPixels:
    """The pixels of a group at these numbers along each axis, where some stand for the border."""
    planes, _, rules, weights = group.arguments
    block, runs = masked_pixels(planes, rules, weights), []
    for axis, numbers in enumerate(held, start=-len(held)):
        is_run = numbers[0] >= 0 and (np.diff(numbers) == 1).all()
        runs.append(slice(int(numbers[0]), int(numbers[-1]) + 1) if is_run else slice(None))
        if not is_run:
            block = along_axis(block, axis, numbers, rules)
    return counted(block.part((..., *runs)), rules)


def cell_maker(step: Configuration, form: Form) -> CellMaker | None:
    """What makes the cells of a step one by one; None where they are no windows of plain values."""
    taken = step.taken(form)
    by_stored_values = taken != form and step["nodata"]
    if step.op.overlay or by_stored_values or step.windows is None:
        return None
    ready = prepared(step, taken)
    groups = planned_groups(step, taken, ready)
    if groups is None:
        return None
    placements = tuple(group.placement(taken) for group in groups)
    return CellMaker(step, taken, ready, tuple(groups), placements)
