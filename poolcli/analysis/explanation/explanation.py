"""Explain one number of a result: the pixels that it reads, the last window, the formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from poolcli.analysis.explanation.exact_result import exact_result
from poolcli.analysis.explanation.group_cell import group_cell
from poolcli.analysis.explanation.notes import window_notes
from poolcli.analysis.explanation.observed_window import ObservedWindow, observe
from poolcli.analysis.explanation.operation_formulas import formula_of
from poolcli.analysis.explanation.result_index import index_in, level_of
from poolcli.analysis.explanation.substitution import substitute
from poolcli.analysis.explanation.tracing import (
    TracedRegion,
    cells_of_branches,
    inputs_of,
    region_of_cell,
    trace,
)
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Size
from poolcli.pipeline.fuse_step import FuseStep
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step
from poolcli.pipeline.table import OPS


@dataclass(frozen=True, eq=False)
class Explanation:
    """How one number of a result is computed.

    `inputs` are the forms of each step's input. `regions` are the pixels that are read of them, the
    last step's first. `window` is that of the last step; None where there is none: for branches,
    each explained in `branches`, and for a number that is computed from no pixel. `chosen` is the
    pixel that the number is, for reducers that choose one.
    """

    steps: tuple[Step, ...]
    inputs: tuple[Form, ...]
    output: Form
    index: Size
    value: Any
    regions: tuple[TracedRegion, ...]
    formula: str
    numbers: str = ""
    exact: float | None = None
    window: ObservedWindow | None = None
    chosen: Size | None = None
    branches: tuple[Explanation, ...] = ()

    @property
    def step(self) -> Step:
        """The last step."""
        return self.steps[-1]

    def traced(self) -> Iterator[tuple[Step, Form, TracedRegion]]:
        """Each step with the form of its input and what is read of it, the last step first."""
        return zip(reversed(self.steps), reversed(self.inputs), self.regions, strict=True)

    def notes(self) -> Iterator[str]:
        """Sentences about what counts, the divisor, and conversions of the values."""
        if self.window is not None:
            yield from window_notes(self.window, self.step)
        elif not self.branches:
            yield "no pixel of the input comes here"


def explain(
    pipeline: Pipeline, fmap: FeatureMap, at: Size | None = None, level: int = 1
) -> Explanation:
    """Explain the number at an index of the result; by default the middle of its first plane.

    The index counts along the result's own axes, negative numbers from the end. `level` says which
    map, from 1, of a pipeline that gives several. Raises RequestError where there is no such index
    or level.
    """
    one = level_of(pipeline, fmap.form, level)
    steps, inputs = inputs_of(one, fmap)
    *_, (result,) = one.walk(fmap)
    with np.errstate(all="ignore"):
        return _explain(steps, inputs, result, index_in(result.form, at))


def _explain(
    steps: tuple[Step, ...], inputs: list[FeatureMap], result: FeatureMap, index: Size
) -> Explanation:
    cells = region_of_cell(result.form, index)
    traced = Explanation(
        steps,
        tuple(fmap.form for fmap in inputs),
        result.form,
        index,
        result.data[index],
        tuple(trace(steps, inputs, cells)),
        steps[-1].op.formula,
    )
    if isinstance(steps[-1], FuseStep):
        return _explain_merge(traced, steps[-1], inputs[-1], cells)
    window = _window(steps[-1], inputs[-1], cells)
    return traced if window is None else _explain_window(traced, window, inputs[-1])


def _window(step: Step, fmap: FeatureMap, cells: TracedRegion) -> ObservedWindow | None:
    taken, _ = step.groups(fmap)
    result = step.operation.geometry(taken.form.frame).frame
    return observe(group_cell(step, fmap, cells.first_index(result)))


def _explain_window(traced: Explanation, window: ObservedWindow, fmap: FeatureMap) -> Explanation:
    formula, numbers = formula_of(window)
    # An empty window has no other result than the one that is written.
    is_exact = window.step.returns_input_values or window.step["emit"] or not window.counted.size
    return replace(
        traced,
        formula=formula,
        numbers=numbers,
        exact=float(traced.value) if is_exact else exact_result(window),
        window=window,
        chosen=_chosen_pixel(traced, window, fmap),
    )


def _explain_merge(
    traced: Explanation, step: FuseStep, fmap: FeatureMap, cells: TracedRegion
) -> Explanation:
    """The branches, each explained, and how their numbers are merged."""
    branches = [
        _explain_branch(branch, fmap, part) for branch, part in cells_of_branches(step, fmap, cells)
    ]
    values = [branch.value.item() for branch in branches]
    if step["merge"] == "concat":
        formula, numbers = "the channel of a branch", str(branches[0].steps[-1])
    else:
        formula = OPS[step["merge"]].formula
        numbers = substitute(formula, values, None, {"n": len(values)})
    return replace(
        traced,
        formula=formula,
        numbers=numbers,
        exact=float(traced.value),
        branches=tuple(branches),
    )


def _explain_branch(branch: Pipeline, fmap: FeatureMap, cells: TracedRegion) -> Explanation:
    *_, (result,) = branch.walk(fmap)
    # The index counts along the axes of planes; the map may have them in another order.
    axes = result.form.plane_index(tuple(range(len(result.form.shape))))
    by_axis = dict(zip(axes, cells.first_index(result.form.frame), strict=True))
    index = tuple(by_axis[axis] for axis in range(len(by_axis)))
    return _explain(*inputs_of(branch, fmap), result, index)


def _chosen_pixel(traced: Explanation, window: ObservedWindow, fmap: FeatureMap) -> Size | None:
    """The pixel that the number is, along the spatial axes of the last step's input."""
    step = traced.step
    if not (step.op.indexed and step.returns_input_values) or window.is_area:
        return None
    index = int(step.indices(fmap).data[traced.index])
    if index < 0:
        return None
    frame = fmap.form.frame
    if step["index_order"] == "nhwc":
        index //= frame.channels or 1
    return tuple(map(int, np.unravel_index(index % prod(frame.space), frame.space)))
