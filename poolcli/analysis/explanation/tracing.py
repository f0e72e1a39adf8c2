"""Trace a cell back to its pixels: in the input of each step, and in that of the pipeline."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, product

import numpy as np

from poolcli.analysis.explanation.group_cell import group_cell
from poolcli.engine.operations.receptive import receptive_pixels
from poolcli.engine.operations.unpool import Unpool
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Frame, Size
from poolcli.pipeline.fuse_step import FuseStep
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step


@dataclass(frozen=True, eq=False)
class TracedRegion:
    """Pixels of one plane: the numbers of its batch and channel, and the pixels along each axis."""

    batch: int | None
    channel: int | None
    axes: tuple[Array, ...]

    @property
    def plane(self) -> tuple[int | None, int | None]:
        return self.batch, self.channel

    def first_index(self, frame: Frame) -> Size:
        """The index of the first pixel in planes of this frame."""
        return *self.lead(frame), *(int(axis[0]) for axis in self.axes)

    def lead(self, frame: Frame) -> Size:
        """The index of the plane; an axis that the region does not name has its first element."""
        sizes = (frame.batch, frame.channels)
        return tuple(
            number or 0 for number, size in zip(self.plane, sizes, strict=True) if size is not None
        )


def region_of_cell(form: Form, index: Size) -> TracedRegion:
    """The cell of a map at an index along the map's own axes."""
    frame = form.frame
    numbers = iter(form.plane_index(index))
    sizes = (frame.batch, frame.channels)
    batch, channel = (None if size is None else next(numbers) for size in sizes)
    return TracedRegion(batch, channel, tuple(np.array([number]) for number in numbers))


def trace(
    steps: Sequence[Step], inputs: Sequence[FeatureMap], cells: TracedRegion
) -> list[TracedRegion]:
    """The pixels of each step's input that cells of the last step's result are computed from.

    The last step's input comes first.
    """
    regions: list[TracedRegion] = []
    for step, fmap in zip(reversed(steps), reversed(inputs), strict=True):
        cells = pixels_read(step, fmap, cells)
        regions.append(cells)
    return regions


def pixels_read(step: Step, fmap: FeatureMap, cells: TracedRegion) -> TracedRegion:
    """The pixels of a step's input that any of these cells of its result is computed from."""
    if any(len(axis) == 0 for axis in cells.axes):
        return cells
    if isinstance(step, FuseStep):
        parts = cells_of_branches(step, fmap, cells)
        return reduce(_union, [trace(*inputs_of(branch, fmap), part)[-1] for branch, part in parts])
    taken, _ = step.groups(fmap)
    result = step.operation.geometry(taken.form.frame).frame
    cell = group_cell(step, fmap, cells.first_index(result))
    operation = cell.group.operation
    _, frame, _, weights = cell.group.arguments
    if isinstance(operation, Unpool) and weights is not None:
        lead = cell.index[: len(frame.lead)]
        return replace(cells, axes=operation.sources(frame, lead, cells.axes, weights))
    lead = cell.index[: len(cell.index) - len(cells.axes)]
    indices = product(*(axis.tolist() for axis in cells.axes))
    origins = (operation.trace(frame, (*lead, *index), weights) for index in indices)
    origin = next((origin for origin in origins if origin is not None), None)
    if origin is None:
        return replace(cells, axes=tuple(np.arange(0) for _ in frame.space))
    along_axes = [origin.own_cells(number, axis) for number, axis in enumerate(cells.axes)] or [
        [at] for at in origin.cell
    ]
    axes = [
        receptive_pixels(line, numbers)
        for line, numbers in zip(origin.axes, along_axes, strict=True)
    ]
    return TracedRegion(*cell.batch_and_channel(origin.plane), tuple(axes))


def inputs_of(pipeline: Pipeline, fmap: FeatureMap) -> tuple[tuple[Step, ...], list[FeatureMap]]:
    """The steps of a pipeline that gives one map, and the input of each."""
    steps = tuple(step.within(fmap.form) for step in pipeline.steps)
    results = [result for (result,) in pipeline.walk(fmap)]
    return steps, [fmap, *results[:-1]]


def cells_of_branches(
    step: FuseStep, fmap: FeatureMap, cells: TracedRegion
) -> list[tuple[Pipeline, TracedRegion]]:
    """The branches that cells come from, with the cells in each; concatenated channels have one."""
    if step["merge"] != "concat":
        return [(branch, cells) for branch in step.branches]
    ends = list(accumulate(step.widths(fmap.form)))
    channel = cells.channel or 0
    number = bisect(ends, channel)
    first = [0, *ends][number]
    return [(step.branches[number], replace(cells, channel=channel - first))]


def _union(one: TracedRegion, other: TracedRegion) -> TracedRegion:
    pairs = zip(one.axes, other.axes, strict=True)
    return replace(one, axes=tuple(np.union1d(*axes) for axes in pairs))
