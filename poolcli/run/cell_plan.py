"""How a map is pooled whose windows are larger than memory: cell by cell, and cells in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from poolcli import io
from poolcli.pipeline.cell_parts import CellMaker, CellUnit, cell_maker
from poolcli.pipeline.cut_window import CutWindow, Slices, TapGroup, load_of
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.region_walk import needed
from poolcli.pipeline.step import Stage
from poolcli.resources.limits import current
from poolcli.run.file_plan import PlannedMap, results_of
from poolcli.run.measuring import measurable_map

_DECODING = 2  # copies of a chunk of the input while it is unpacked
_RESULT = 8  # the result of the large windows is at most this part of a worker's memory
_COUNTED = 32  # bytes of a pixel that may not count, while it is not known whether it does
_MOST_UNITS = 1 << 16  # cells that are planned one by one


@dataclass(frozen=True)
class PlannedUnit:
    """Cells that are made from their pixels at once, or one whose window is cut."""

    unit: CellUnit
    cut: CutWindow | None = None

    @property
    def groups(self) -> Iterator[TapGroup | None]:
        """What is read at once: groups of taps of a window that is cut, else all."""
        return iter([None]) if self.cut is None else self.cut.groups

    @property
    def count(self) -> int:
        """How many regions are read."""
        return 1 if self.cut is None else self.cut.count


@dataclass(frozen=True)
class CellPlan:
    """The stage of a map whose windows are large, and the units of its cells."""

    planned: PlannedMap
    stage: int
    maker: CellMaker
    units: tuple[PlannedUnit, ...]
    at_once: int

    def of(self, planned: PlannedMap) -> CellPlan:
        """The same plan of a map with other stages of the same forms."""
        form = planned.stages[self.stage - 1].output if self.stage else planned.source.form
        maker = cell_maker(planned.stages[self.stage].step, form)
        assert maker is not None, "the step has been planned"
        return replace(self, planned=planned, maker=maker)

    @property
    def measured_map(self) -> PlannedMap:
        """The map with the stages that may have to be measured; of the small result none has."""
        return self.planned._replace(stages=self.planned.stages[: self.stage + 1])

    @property
    def block(self) -> tuple[int, ...]:
        """The shape of what is read at first."""
        numbers = self.maker.numbers(self.units[0].unit)
        if self.units[0].cut is not None:
            cut = self.units[0].cut
            numbers = self.maker.tap_numbers(self.units[0].unit, cut.taps(next(cut.groups)))
        return tuple(map(len, numbers.values()))

    @property
    def before(self) -> tuple[Stage, ...]:
        """The stages that are made for each region."""
        return self.planned.stages[: self.stage]

    @property
    def after(self) -> tuple[Stage, ...]:
        """The stages that are made of the small result."""
        return self.planned.stages[self.stage + 1 :]

    @property
    def count(self) -> int:
        """How many regions are read."""
        return sum(each.count for each in self.units)


def cell_plan(planned: PlannedMap, share: int) -> CellPlan | None:
    """The plan of a map in which each worker takes at most `share` bytes; None where none does."""
    for number, stage in enumerate(planned.stages):
        rest = planned.stages[number:]
        if any(each.output.nbytes > share // _RESULT for each in rest):
            continue
        form = planned.stages[number - 1].output if number else planned.source.form
        maker = cell_maker(stage.step, form)
        if maker is None:
            return None
        costs = _Costs(planned, number, maker)
        units = list(_units(maker, costs, share))
        if None in units:
            return None
        return CellPlan(planned, number, maker, tuple(each for each in units if each), share)
    return None


def cells_of_form(pipeline: Pipeline, header: io.Header, limit: int) -> CellPlan | None:
    """The plan of a map that is known by its header; None where there is none in this memory."""
    if pipeline.several or header.chunks is None:
        return None
    (planned,) = results_of(pipeline, header)
    planned = measurable_map(planned)
    shares = (limit // 2 // workers for workers in range(current().threads, 0, -1))
    return next(filter(None, (cell_plan(planned, share) for share in shares)), None)


@dataclass(frozen=True)
class _Costs:
    """The bytes that some pixels of the input of a stage take."""

    planned: PlannedMap
    stage: int
    maker: CellMaker

    def of(self, wanted: Numbers, shape: tuple[int, ...], *, read: bool = False) -> float:
        """Bytes of the arrays and the scratch; infinite where the whole map is needed.

        `wanted` are pixels of the input of the stage, of which an array of this shape is made. With
        `read` the scratch of the stage itself is not counted.
        """
        before, source = self.planned.stages[: self.stage], self.planned.source
        numbers = needed(before, source.form, wanted)
        if numbers is None:
            return float("inf")
        forms = [source.form, *(stage.output for stage in before)]
        chunk = _DECODING * prod(source.chunks or ()) * source.form.dtype.itemsize
        arrays = sum(
            form.dtype.itemsize * prod(len(each[letter]) for letter in form.layout)
            for form, each in zip(forms, numbers, strict=True)
        )
        pairs = zip(before, numbers[:-1], strict=True)
        scratch = [stage.load.pixel * prod(map(len, each.values())) for stage, each in pairs]
        picky = _COUNTED if self.maker.ready.rules.picky else 0
        beside = (
            picky + self.maker.converted if read else self.planned.stages[self.stage].load.pixel
        )
        return chunk + arrays + max([*scratch, beside * prod(shape)])

    def unit(self, unit: CellUnit) -> float:
        """Bytes of cells that are made at once."""
        wanted = self.maker.numbers(unit)
        return self.of(wanted, tuple(map(len, wanted.values())))

    def taps(self, unit: CellUnit, taps: Slices) -> float:
        """Bytes of some taps of a window, of which a part at a time is reduced."""
        sizes = *(_sizes(unit.planes)), *(_sizes(taps))
        return self.of(self.maker.tap_numbers(unit, taps), sizes, read=True)

    def in_chunks(self, unit: CellUnit, taps: Slices) -> list[float]:
        """How many chunks of the input these taps read along each spatial axis."""
        source = self.planned.source
        wanted = self.maker.tap_numbers(unit, taps)
        numbers = needed(self.planned.stages[: self.stage], source.form, wanted)
        sizes = dict(zip(source.layout, source.chunks or source.shape, strict=True))
        letters = [each for each in "DHWL" if each in source.layout]
        return [len(numbers[0][each]) / sizes[each] if numbers else 0.0 for each in letters]


def _units(maker: CellMaker, costs: _Costs, share: int) -> Iterator[PlannedUnit | None]:
    """Cells together where they fit; else one by one, and in parts; None for one that cannot be."""
    for unit in maker.units:
        if costs.unit(unit) <= share:
            yield PlannedUnit(unit)
            continue
        if prod(each.stop - each.start for each in unit.cells) > _MOST_UNITS:
            yield None
            return
        for cell in maker.apart(unit):
            yield from _cell(maker, costs, share, cell)


def _cell(
    maker: CellMaker, costs: _Costs, share: int, unit: CellUnit
) -> Iterator[PlannedUnit | None]:
    """One cell: from all of its pixels, in parts, or on fewer planes."""
    if costs.unit(unit) <= share:
        yield PlannedUnit(unit)
        return
    planned = _in_parts(maker, costs, share, unit)
    can_halve = _size(unit.planes) > (unit.planes[-1].stop if maker.joins_channels else 1)
    if planned is not None or not can_halve:
        yield planned
        return
    for half in _halves(maker, unit):
        yield from _cell(maker, costs, share, half)


def _halves(maker: CellMaker, unit: CellUnit) -> list[CellUnit]:
    """The same cells on either half of the planes."""
    sizes = list(_sizes(unit.planes))
    axis = sizes.index(max(sizes[:-1] if maker.joins_channels else sizes))
    whole = unit.planes[axis]
    middle = (whole.start + whole.stop) // 2
    ends = slice(whole.start, middle), slice(middle, whole.stop)
    before, after = unit.planes[:axis], unit.planes[axis + 1 :]
    return [replace(unit, planes=(*before, each, *after)) for each in ends]


def _in_parts(maker: CellMaker, costs: _Costs, share: int, unit: CellUnit) -> PlannedUnit | None:
    parts = maker.window_parts(unit)
    if parts is None or _size(unit.planes) * load_of(parts).plane > share // 2:
        return None
    whole = maker.window(unit)
    most = list(whole)
    while costs.taps(unit, piece := _largest(whole, most)) > share // 2:
        chunks = costs.in_chunks(unit, piece)
        axis = max(range(len(most)), key=lambda each: (most[each] > 1, chunks[each], most[each]))
        if most[axis] == 1:
            return None
        most[axis] = -(-most[axis] // 2)
    least, pixel = list(most), _size(unit.planes) * load_of(parts).pixel
    while prod(size + 1 for size in least) * pixel > share // 2 and max(least) > 1:
        axis = least.index(max(least))
        least[axis] = -(-least[axis] // 2)
    boxes = maker.boxes(unit, parts)
    return PlannedUnit(unit, CutWindow(parts, boxes, tuple(least), tuple(most)))


def _size(slices: Slices) -> int:
    return prod(_sizes(slices))


def _sizes(slices: Slices) -> Iterator[int]:
    return (each.stop - each.start for each in slices)


def _largest(window: tuple[int, ...], most: list[int]) -> Slices:
    """The largest group of taps, which is two longer than `most`, in the middle of a window."""
    found = []
    for size, part in zip(window, most, strict=True):
        number = min(part + 2, size)
        found.append(slice((size - number) // 2, (size - number) // 2 + number))
    return tuple(found)
