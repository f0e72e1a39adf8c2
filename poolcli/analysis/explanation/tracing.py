"""The way back: which pixels of its input, and of the pipeline's, a cell is made of, step by step."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate

import numpy as np

from poolcli.analysis.explanation.observed_window import layer_of
from poolcli.engine.operations.receptive import reach
from poolcli.engine.operations.unpool import Unpool
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Frame, Size
from poolcli.pipeline.composition import FuseStep
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step


@dataclass(frozen=True, eq=False)
class Region:
    """Pixels of one plane: the batch and the channel it is, and along each axis which pixels."""

    batch: int | None
    channel: int | None
    axes: tuple[Array, ...]

    def index(self, frame: Frame) -> Size:
        """Its first pixel, as an index of planes of this frame; a palette's pixel has no channel."""
        return *self.lead(frame), *(int(axis[0]) for axis in self.axes)

    def lead(self, frame: Frame) -> Size:
        """The plane, as an index of planes of this frame."""
        sizes = (frame.batch, frame.channels)
        return tuple(
            number or 0 for number, size in zip(self.plane, sizes, strict=True) if size is not None
        )

    @property
    def plane(self) -> tuple[int | None, int | None]:
        return self.batch, self.channel


def region_of(form: Form, index: Size) -> Region:
    """One number of a map, by its index as its axes lie."""
    spot, frame = form.plane_index(index), form.frame
    numbers = iter(spot)
    batch, channel = (
        None if size is None else next(numbers) for size in (frame.batch, frame.channels)
    )
    return Region(batch, channel, tuple(np.array([number]) for number in numbers))


def back(steps: Sequence[Step], maps: Sequence[FeatureMap], cells: Region) -> list[Region]:
    """What the cells of the last step's result are made of, in the input of each step, the last step's first."""
    regions: list[Region] = []
    for step, fmap in zip(reversed(steps), reversed(maps), strict=True):
        cells = reached(step, fmap, cells)
        regions.append(cells)
    return regions


def reached(step: Step, fmap: FeatureMap, cells: Region) -> Region:
    """The pixels of a step's input that any of these cells of its result is made of."""
    if any(len(axis) == 0 for axis in cells.axes):
        return cells
    if isinstance(step, FuseStep):
        return reduce(
            _union,
            [
                back(*walked(branch, fmap), region)[-1]
                for branch, region in branched(step, fmap, cells)
            ],
        )
    taken, _ = step.layers(fmap)
    home = layer_of(step, fmap, cells.index(step.operation.geometry(taken.form.frame).frame))
    _, frame, _, weights = home.layer.arguments
    if isinstance(home.layer.operation, Unpool) and weights is not None:
        lead = home.cell[: len(frame.lead)]
        return replace(cells, axes=home.layer.operation.sources(frame, lead, cells.axes, weights))
    sight = home.layer.operation.sight(frame, home.cell, weights)
    if sight is None:
        return replace(cells, axes=tuple(np.arange(0) for _ in frame.space))
    wanted = [axis.tolist() for axis in cells.axes] or [[at] for at in sight.cell]
    lines = zip(sight.lines, wanted, strict=True)
    return Region(*home.plane(sight.plane), tuple(reach(line, numbers) for line, numbers in lines))


def walked(branch: Pipeline, fmap: FeatureMap) -> tuple[tuple[Step, ...], list[FeatureMap]]:
    """The steps of a pipeline that gives one map, and the input of each."""
    steps = tuple(step.within(fmap.form.space) for step in branch.steps)
    return steps, [fmap, *(made for (made,) in branch.walk(fmap))][:-1]


def branched(step: FuseStep, fmap: FeatureMap, cells: Region) -> list[tuple[Pipeline, Region]]:
    """The branches that cells of the result come from, and which cells of each; of maps side by side it is one."""
    if step["merge"] != "concat":
        return [(branch, cells) for branch in step.branches]
    ends = list(accumulate(step.widths(fmap.form)))
    number = bisect(ends, cells.channel or 0)
    return [
        (step.branches[number], replace(cells, channel=(cells.channel or 0) - [0, *ends][number]))
    ]


def _union(one: Region, other: Region) -> Region:
    return replace(
        one, axes=tuple(np.union1d(*axes) for axes in zip(one.axes, other.axes, strict=True))
    )
