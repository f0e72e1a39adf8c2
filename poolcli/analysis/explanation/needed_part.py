"""The part of a map that one number of a result needs: what a large file is read of.

Windows that slide look alike wherever they are. A part that begins a whole number of strides (of
all steps together) after the map, ends a whole number before its end, and holds all windows that
the number is computed from, gives the same number at an earlier index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import NamedTuple

from poolcli.analysis.explanation.explanation import Explanation, explain
from poolcli.analysis.explanation.result_index import index_in
from poolcli.analysis.explanation.tracing import TracedRegion
from poolcli.engine.operations.operation import Pooling
from poolcli.engine.windows.grid import Taps
from poolcli.engine.windows.sliding import Sliding
from poolcli.engine.windows.sliding_axis import SlidingAxis
from poolcli.errors import ShapeError
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Size
from poolcli.maps.layout import space_axes
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step

Region = tuple[slice, ...]  # a slice for each axis of a map, in the order of its layout
WHOLE_MAP = ("stochastic",)  # reducers whose results depend on where windows are


class NeededPart(NamedTuple):
    """A region of a map, and where its results are among those of the map.

    `moved` says for the input of each step, and for the result, how far each spatial axis is cut
    off at its begin.
    """

    region: Region
    moved: tuple[Size, ...]


def explain_part(
    pipeline: Pipeline, form: Form, read: Callable[[Region], FeatureMap], at: Size | None
) -> Explanation | None:
    """Explain a number from the part that it needs, which `read` gives; None where it needs all."""
    if not all(map(_slides, pipeline.steps)):
        return None
    stages = pipeline.plan(form)
    index = index_in(stages[-1].output, at)
    part = needed_part(pipeline.steps, form, index)
    planes = [axis for axis in range(len(form.shape)) if axis not in space_axes(form.layout)]
    own = tuple(0 if axis in planes else number for axis, number in enumerate(index))
    shift = dict(zip(space_axes(form.layout), part.moved[-1], strict=True))
    own = tuple(number - shift.get(axis, 0) for axis, number in enumerate(own))
    forms = (form, *(stage.output for stage in stages))
    try:
        found = explain(pipeline, read(part.region), own)
    except ShapeError:  # the windows of another step do not fit such a small part
        return None
    return _moved(found, forms, index, part.moved)


def needed_part(steps: Sequence[Step], form: Form, index: Size) -> NeededPart:
    """The part that the number at an index of the result needs, of a pipeline that slides."""
    spaces = [form.space]
    axes_of_steps: list[list[SlidingAxis]] = []
    for step in steps:
        place = step.place
        assert isinstance(place, Sliding)
        axes_of_steps.append(place.axes(spaces[-1]))
        spaces.append(tuple(axis.cells for axis in axes_of_steps[-1]))
    space = space_axes(form.layout)
    cuts = [
        _cut([axes[number] for axes in axes_of_steps], index[axis])
        for number, axis in enumerate(space)
    ]
    by_axis = dict(zip(space, cuts, strict=True))
    region = tuple(
        slice(by_axis[axis][0][0], by_axis[axis][1])
        if axis in by_axis
        else slice(index[axis], index[axis] + 1)
        for axis in range(len(form.shape))
    )
    moved = tuple(zip(*(begins for begins, _ in cuts), strict=True))
    return NeededPart(region, moved)


def _cut(axes: Sequence[SlidingAxis], cell: int) -> tuple[list[int], int]:
    """How far the input of each step, and the result, are cut off at the begin; and the end of the
    input's part.
    """
    first, stop = cell, cell + 1
    jumps = [prod(axis.stride for axis in axes[:number]) for number in range(len(axes) + 1)]
    begin = first * jumps[-1]
    for axis, jump in zip(reversed(axes), reversed(jumps[:-1]), strict=True):
        low = first * axis.stride - axis.padding[0]
        high = (stop - 1) * axis.stride - axis.padding[0] + axis.window
        first, stop = max(low, 0), min(max(high, 1), axis.length)
        begin = min(begin, first * jump)
    length, whole = axes[0].length, jumps[-1]
    begin -= begin % whole
    end = length - (length - stop) // whole * whole
    return [begin // jump for jump in jumps], end


def _slides(step: Step) -> bool:
    """Whether a step pools clipped sliding windows of which each stands for itself."""
    place = step.place if step.windows else None
    if type(place) is not Sliding or step.op.name in WHOLE_MAP:
        return False
    is_plain = isinstance(step.operation, Pooling) and step.op.overlay is None
    has_taps = getattr(place, "footprint", None) is not None
    return is_plain and not has_taps and step["mask"] is None and set(place.border) == {"clip"}


def _moved(
    part: Explanation, forms: Sequence[Form], index: Size, moved: Sequence[Size]
) -> Explanation:
    """The explanation of a part as that of the map."""
    planes = forms[-1].plane_index(index)
    numbers = iter(planes)
    frame = forms[-1].frame
    batch, channel = (
        None if size is None else next(numbers) for size in (frame.batch, frame.channels)
    )
    regions = tuple(
        TracedRegion(
            batch, channel, tuple(axis + by for axis, by in zip(each.axes, cut, strict=True))
        )
        for each, cut in zip(part.regions, reversed(moved[:-1]), strict=True)
    )
    window, chosen = part.window, part.chosen
    if window is not None:
        sides = tuple(map(_moved_taps, window.sides, moved[-2]))
        window = replace(window, sides=sides)
    if chosen is not None:
        chosen = tuple(at + by for at, by in zip(chosen, moved[-2], strict=True))
    return replace(
        part,
        inputs=tuple(forms[:-1]),
        output=forms[-1],
        index=index,
        regions=regions,
        window=window,
        chosen=chosen,
    )


def _moved_taps(taps: Taps, by: int) -> Taps:
    window = range(taps.window.start + by, taps.window.stop + by, taps.window.step)
    return taps._replace(pixels=[pixel + by for pixel in taps.pixels], window=window)
