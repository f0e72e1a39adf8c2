"""Pooled boxes, each laid back over its place on the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np

from poolcli.analysis.comparison.measured_region import MovedMap
from poolcli.engine.windows.regions import anywhere, boxes_on, rounded
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.parser import step
from poolcli.pipeline.pipeline import Pipeline

Place = tuple[slice, ...]  # rows and columns of the map


def pools_boxes(pipeline: Pipeline) -> bool:
    """Whether the last step pools boxes, and no other does."""
    *others, last = (any(name == "boxes" for name, _ in each.options) for each in pipeline.steps)
    return last and not any(others)


@dataclass(frozen=True, eq=False)
class BoxesResult:
    """The boxes that the last step of a pipeline pools; NaN where there is none."""

    pipeline: Pipeline
    title: str
    form: Form

    def restored(self, moved: MovedMap, numbers: Numbers | None, interpolation: str) -> FeatureMap:
        """Every box at its own size in its place, of colours as numbers."""
        fmap = moved.whole()
        *_, (pooled,) = self.pipeline.walk(fmap)
        expanded = fmap.expanded()
        frame = expanded.form.frame
        planes = np.full((frame.batch or 1, frame.channels or 1, *frame.space), np.nan)
        made = pooled.planes().reshape(-1, frame.channels or 1, *pooled.form.space)
        for result, (image, place) in zip(made, self._places(fmap), strict=True):
            size = tuple(side.stop - side.start for side in place)
            enlarge = step("restore", {"output_size": size, "interpolation": interpolation})
            index: Any = (image, slice(None), *place)
            planes[index] = enlarge(FeatureMap(result, "CHW")).data
        laid = expanded.with_planes(planes.reshape(frame.shape), frame)
        whole = MovedMap(FeatureMap(laid.data, laid.layout))
        return whole.fmap if numbers is None else whole.part(numbers).pixels

    def _places(self, fmap: FeatureMap) -> Iterator[tuple[int, Place]]:
        """The image and the place of each box on the map, whichever steps come before."""
        *before, _ = self.pipeline.plan(fmap.form)
        taken = before[-1].output if before else fmap.form
        jump = tuple(map(float, before[-1].jump)) if before else (1.0, 1.0)
        last = self.pipeline.steps[-1]
        rows, scale = last["boxes"].array, float(last["spatial_scale"])
        for box in boxes_on(taken.frame, rows, scale, anywhere):
            sides = zip(box.begin, box.end, jump, fmap.form.space, strict=True)
            place = tuple(_side(*side, whole=last.windows is not None) for side in sides)
            yield box.image, place


def _side(begin: float, end: float, jump: float, length: int, *, whole: bool) -> slice:
    """The pixels of one side of a box; a box of `whole` pixels includes its last one."""
    if whole:
        first, stop = rounded(begin) * jump, (rounded(end) + 1) * jump
    else:
        first, stop = begin * jump, end * jump
    start = min(max(0, floor(first)), length - 1)
    return slice(start, max(start + 1, min(length, ceil(stop))))
