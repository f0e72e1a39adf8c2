"""How a map is pooled whose windows are larger than memory: cell by cell, and cells in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from poolcli import io
from poolcli.pipeline.cell_parts import (
    CellMaker,
    CellUnit,
    FoldTree,
    Node,
    Slices,
    WindowParts,
    cell_maker,
)
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.region_walk import needed
from poolcli.pipeline.step import Stage
from poolcli.resources.limits import current
from poolcli.run.file_plan import PlannedMap, results_of

_DECODING = 2  # copies of a chunk of the input while it is unpacked
_RESULT = 8  # the result of the large windows is at most this part of a worker's memory
_COUNTED = 32  # bytes of a pixel that may not count, while it is not known whether it does
_MOST_UNITS = 1 << 16  # cells that are planned one by one

Group = tuple[list[Node], ...]  # parts of a window that are read together, along each axis


@dataclass(frozen=True)
class PlannedUnit:
    """Cells that are made from their pixels at once, or one whose window is cut along `trees`.

    `most` are the sizes of what is read at once, some parts of the window, along each axis.
    """

    unit: CellUnit
    parts: WindowParts | None = None
    trees: tuple[FoldTree, ...] = ()
    most: tuple[int, ...] = ()

    @property
    def groups(self) -> Iterator[Group]:
        """What is read at once; along the first axis one follows the other."""
        along = [tree.groups(most) for tree, most in zip(self.trees, self.most, strict=True)]
        return (each[::-1] for each in product(*along[::-1]))

    @property
    def count(self) -> int:
        """How many regions are read."""
        return prod(
            len(tree.groups(most)) for tree, most in zip(self.trees, self.most, strict=True)
        )


@dataclass(frozen=True)
class CellPlan:
    """The stage of a map whose windows are large, and the units of its cells."""

    planned: PlannedMap
    stage: int
    maker: CellMaker
    units: tuple[PlannedUnit, ...]
    at_once: int

    @property
    def block(self) -> tuple[int, ...]:
        """The shape of what is read at first."""
        unit = self.units[0]
        spans = self.maker.spans(unit.unit)
        if unit.trees:
            sizes = [sum(leaf.number for leaf in leaves) for leaves in next(iter(unit.groups))]
        else:
            sizes = [each.stop - each.start for each in spans]
        return (*(each.stop - each.start for each in unit.unit.planes), *sizes)

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
    shares = (limit // 2 // workers for workers in range(current().threads, 0, -1))
    return next(filter(None, (cell_plan(planned, share) for share in shares)), None)


@dataclass(frozen=True)
class _Costs:
    """The bytes that some pixels of the input of a stage take."""

    planned: PlannedMap
    stage: int
    maker: CellMaker

    def numbers(self, planes: Slices, spans: Slices) -> list[Numbers] | None:
        """The pixels of the input, and after each stage, that these need."""
        wanted = self.maker.numbers(planes, spans)
        return needed(self.planned.stages[: self.stage], self.planned.source.form, wanted)

    def of(self, planes: Slices, spans: Slices, *, read: bool = False) -> float:
        """Bytes of the arrays and the scratch; infinite where the whole map is needed.

        With `read` the scratch of the stage itself is not counted.
        """
        numbers = self.numbers(planes, spans)
        if numbers is None:
            return float("inf")
        source, stages = self.planned.source, self.planned.stages
        forms = [source.form, *(stage.output for stage in stages[: self.stage])]
        chunk = _DECODING * prod(source.chunks or ()) * source.form.dtype.itemsize
        arrays = sum(
            form.dtype.itemsize * prod(len(each[letter]) for letter in form.layout)
            for form, each in zip(forms, numbers, strict=True)
        )
        scratch = (
            max(
                stage.load.pixel * prod(map(len, each.values()))
                for stage, each in zip(stages[: self.stage], numbers[:-1], strict=True)
            )
            if self.stage
            else 0
        )
        pixels = prod(map(len, numbers[-1].values()))
        rules = self.maker.ready.rules
        beside = (_COUNTED if rules.picky else 0) if read else stages[self.stage].load.pixel
        return chunk + arrays + max(scratch, beside * pixels)

    def in_chunks(self, planes: Slices, spans: Slices) -> list[float]:
        """How many chunks of the input these pixels read along each spatial axis."""
        source = self.planned.source
        numbers = self.numbers(planes, spans)
        sizes = dict(zip(source.layout, source.chunks or source.shape, strict=True))
        letters = [each for each in "DHWL" if each in source.layout]
        return [len(numbers[0][each]) / sizes[each] if numbers else 0.0 for each in letters]


def _units(maker: CellMaker, costs: _Costs, share: int) -> Iterator[PlannedUnit | None]:
    """Cells together where they fit; else one by one, and in parts; None for one that cannot be."""
    for unit in maker.units:
        if costs.of(unit.planes, maker.spans(unit)) <= share:
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
    if costs.of(unit.planes, maker.spans(unit)) <= share:
        yield PlannedUnit(unit)
        return
    parts = maker.window_parts(unit)
    lead = _size(unit.planes)
    is_cut = parts is not None and lead * parts.load.plane <= share // 2
    planned = _in_parts(maker, costs, share, unit, parts) if parts and is_cut else None
    if planned is not None or lead == 1:
        yield planned
        return
    for half in _halves(unit):
        yield from _cell(maker, costs, share, half)


def _halves(unit: CellUnit) -> list[CellUnit]:
    """The same cells on either half of the planes."""
    sizes = [each.stop - each.start for each in unit.planes]
    axis = sizes.index(max(sizes))
    whole = unit.planes[axis]
    middle = (whole.start + whole.stop) // 2
    ends = slice(whole.start, middle), slice(middle, whole.stop)
    before, after = unit.planes[:axis], unit.planes[axis + 1 :]
    return [replace(unit, planes=(*before, each, *after)) for each in ends]


def _in_parts(
    maker: CellMaker, costs: _Costs, share: int, unit: CellUnit, parts: WindowParts
) -> PlannedUnit | None:
    spans = maker.spans(unit)
    whole = [each.stop - each.start for each in spans]
    most = list(whole)
    while costs.of(unit.planes, piece := _largest(spans, most), read=True) > share // 2:
        chunks = costs.in_chunks(unit.planes, piece)
        axis = max(range(len(most)), key=lambda each: (most[each] > 1, chunks[each], most[each]))
        if most[axis] == 1:
            return None
        most[axis] = -(-most[axis] // 2)
    part, pixel = list(most), _size(unit.planes) * parts.load.pixel
    while prod(size + 1 for size in part) * pixel > share // 2 and max(part) > 1:
        axis = part.index(max(part))
        part[axis] = -(-part[axis] // 2)
    trees = tuple(map(FoldTree, whole, part))
    return PlannedUnit(unit, parts, trees, tuple(most))


def _size(slices: Slices) -> int:
    return prod(each.stop - each.start for each in slices)


def _largest(spans: Slices, most: list[int]) -> Slices:
    """The largest group of parts, which is two taps longer than `most`, in the middle."""
    found = []
    for span, part in zip(spans, most, strict=True):
        size = min(part + 2, span.stop - span.start)
        start = (span.start + span.stop - size) // 2
        found.append(slice(start, start + size))
    return tuple(found)
