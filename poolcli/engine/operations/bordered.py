"""Reading blocks that reach into the border of a map, and cutting the work so that few do.

Most cells read nothing of the border: their blocks are views of the map. The rest are strips at its
ends, whose blocks copy the rows and columns that they read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from poolcli.engine.backend.blocks import Division, Task
from poolcli.engine.operations.pixels import BorderPixel, MaskedPixels, ValueRules
from poolcli.engine.windows.border import ABSENT, CONSTANT
from poolcli.engine.windows.grid import Axis, Grid
from poolcli.engine.windows.plane_part import PlanePart, held_places, held_span
from poolcli.maps.array import Array


def tasks(
    lead: tuple[int, ...],
    axes: tuple[Axis, ...],
    division: Division,
    part: PlanePart | None = None,
    *,
    alike: bool = False,
) -> list[Task]:
    """The work on (*lead, *map) in blocks: those at the border apart from the others.

    If windows are to be `alike`, those that an end of the map clips are apart, too: then those of
    most blocks have one size. With a `part` it is the work on its cells, numbered as in the whole,
    from its pixels.
    """
    ends = [(0, axis.cells) for axis in axes]
    if part is not None:
        ends = [(cells.start, cells.stop) for cells in part.cells]
    most = [axis.unclipped if alike else axis.inner for axis in axes]
    inner = [
        (max(first, low), min(stop, high))
        for (first, stop), (low, high) in zip(most, ends, strict=True)
    ]
    if (division.is_one and not alike) or any(a >= b for a, b in inner):
        inner = ends
    parts = [*_strips(ends, inner), tuple(inner)]
    return [task for part in parts for task in _part(lead, axes, part, division)]


def read(
    pixels: MaskedPixels, task: Task, grid: Grid, rules: ValueRules, part: PlanePart | None = None
) -> MaskedPixels:
    """The pixels of a task on the grid, whose spans may reach into the border of the map.

    With a `part` only its pixels are in memory.
    """
    if not grid.has_border and part is None:
        return pixels.part(task.source)
    lead, spans = task.source[: -len(grid.axes)], task.source[-len(grid.axes) :]
    out = [_is_outside(span, axis) for span, axis in zip(spans, grid.axes, strict=True)]
    inside = spans if part is None else list(map(held_span, spans, part.pixels))
    inside = [slice(None) if far else span for far, span in zip(out, inside, strict=True)]
    block = pixels.part((*lead, *inside))
    for at in np.flatnonzero(out).tolist():
        found = grid.axes[at].pixels(np.arange(spans[at].start, spans[at].stop))
        found = found if part is None else held_places(found, part.pixels[at])
        block = along_axis(block, at - len(grid.axes), found, rules)
    return block


def along_axis(
    block: MaskedPixels, axis: int, pixels: Array | Sequence[int], rules: ValueRules
) -> MaskedPixels:
    """The block with these pixels along a spatial axis, counted from the end.

    Their numbers are those of `Border.pixels`: some may stand for a constant, or for no pixel.
    """
    at = np.asarray(pixels)
    values, mask, weights = block
    constant = (rules.border[axis] if rules.border else None) or BorderPixel(0)
    if mask is None and (not constant.counts or (at == ABSENT).any()):
        mask = np.broadcast_to(np.True_, values.shape)
    return MaskedPixels(
        _taken(values, axis, at, constant.value),
        None if mask is None else _taken(mask, axis, at, constant.counts),
        None if weights is None else _taken(weights, axis, at, constant.weight),
    )


def _taken(x: Array, axis: int, at: Array, constant: float) -> Array:
    out: Array = x.take(np.maximum(at, 0), axis)
    if at.min() < 0:
        last = np.moveaxis(out, axis, -1)
        last[..., at == CONSTANT] = constant
        last[..., at == ABSENT] = 0
    return out


def reaches_out(task: Task, grid: Grid) -> bool:
    """Whether any of the task's spans is partly in the border of its axis."""
    spans = task.source[-len(grid.axes) :]
    return any(_is_outside(span, axis) for span, axis in zip(spans, grid.axes, strict=True))


def _is_outside(span: slice, axis: Axis) -> bool:
    border = axis.border
    return border is not None and (span.start < 0 or span.stop > border.length)


def _strips(
    ends: Sequence[tuple[int, int]], inner: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], ...]]:
    """The cells at the border, as the first cell and the end of them along each axis.

    Those of an axis have the inner cells of the axes before it, and all cells of those after it.
    """
    for at, ((low, high), (first, stop)) in enumerate(zip(ends, inner, strict=True)):
        for strip in ((low, first), (stop, high)):
            if strip[0] < strip[1]:
                yield (*inner[:at], strip, *ends[at + 1 :])


def _part(
    lead: tuple[int, ...],
    axes: Sequence[Axis],
    cells: Sequence[tuple[int, int]],
    division: Division,
) -> Iterator[Task]:
    """The blocks of some of the cells."""
    part = [axis.cells_between(*ends) for axis, ends in zip(axes, cells, strict=True)]
    for task in division.blocks(lead, part):
        planes, spans = task.target[: len(lead)], task.target[len(lead) :]
        moved = [
            slice(first + (span.start or 0), first + span.stop)
            for span, (first, _) in zip(spans, cells, strict=True)
        ]
        yield task._replace(target=(*planes, *moved))
