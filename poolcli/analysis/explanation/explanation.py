"""How one number of a result came about: the way back to the input, the last window, its values, and the formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from poolcli.analysis.explanation.observed_window import Look, layer_of, look
from poolcli.analysis.explanation.operation_formulas import divisor, words
from poolcli.analysis.explanation.substitution import put_in
from poolcli.analysis.explanation.tracing import Region, back, branched, region_of, walked
from poolcli.engine.operations.srgb import InLinearLight
from poolcli.errors import RequestError
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Size
from poolcli.maps.layout import shape_words, space_axes
from poolcli.pipeline.composition import FuseStep
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step
from poolcli.pipeline.table import OPS


@dataclass(frozen=True, eq=False)
class Explanation:
    """How a number of a step's result came about.

    `way` are the pixels it is made of, in the input of each step, the last step's first. `look` is None where the
    number is made of no window: of branches (each explained), or of nothing.
    """

    steps: tuple[Step, ...]
    inputs: tuple[Form, ...]
    output: Form
    index: Size
    value: Any
    way: tuple[Region, ...]
    look: Look | None
    formula: str
    numbers: str
    exact: float | None
    chosen: Size | None
    branches: tuple[Explanation, ...] = ()

    @property
    def step(self) -> Step:
        """The last step."""
        return self.steps[-1]

    def notes(self) -> Iterator[str]:
        """What else there is to know: what counts, what is divided by, what is done to the values."""
        if self.look is None:
            yield from () if self.branches else ("no pixel of the input comes here",)
            return
        yield from _counts(self.look)
        if self.step["normalize"]:
            yield f"values are those of --normalize {self.step['normalize']}"
        if isinstance(self.look.home.layer.operation, InLinearLight):
            yield "values are light from 0 to 1, and the result is put back on the curve of sRGB"


def explain(
    pipeline: Pipeline, fmap: FeatureMap, at: Size | None = None, level: int = 1
) -> Explanation:
    """The number at an index of the result, which counts along the result's axes as they lie; below 0 from the end.

    Without an index it is the middle of the first plane. Of a pipeline that gives several maps, `level` tells which.
    Raises RequestError, with the result's shape, where the index is outside of it.
    """
    one = chosen_level(pipeline, level)
    steps, maps = walked(one, fmap)
    *_, (made,) = one.walk(fmap)
    with np.errstate(all="ignore"):
        return _explained(steps, maps, made, _index(made.form, at))


def chosen_level(pipeline: Pipeline, level: int) -> Pipeline:
    """The pipeline that gives this one of the maps."""
    if not 1 <= level <= pipeline.outputs:
        raise RequestError(f"--level {level}: {pipeline} gives {pipeline.outputs}, from 1 on")
    turns = np.unravel_index(level - 1, [len(step.parts) for step in pipeline.steps])
    return Pipeline(
        tuple(step.parts[turn] for step, turn in zip(pipeline.steps, turns, strict=True))
    )


def _index(form: Form, at: Size | None) -> Size:
    if at is None:
        middle = space_axes(form.layout) if form.frame.space else ()
        return tuple(size // 2 if axis in middle else 0 for axis, size in enumerate(form.shape))
    words = f"the result is {shape_words(form.shape)} ({form.layout})"
    if len(at) != len(form.shape):
        raise RequestError(
            f"--at {_listed(at)}: {words}, and an index into it has {len(form.shape)} numbers"
        )
    for number, size, letter in zip(at, form.shape, form.layout, strict=True):
        if not -size <= number < size:
            raise RequestError(
                f"--at {_listed(at)}: {words}, and {letter} goes from 0 to {size - 1}"
            )
    return tuple(number % size for number, size in zip(at, form.shape, strict=True))


def _listed(numbers: Size) -> str:
    return ",".join(map(str, numbers))


def _explained(
    steps: tuple[Step, ...], maps: list[FeatureMap], made: FeatureMap, index: Size
) -> Explanation:
    cells = region_of(made.form, index)
    value = made.data[index]
    plain = Explanation(
        steps,
        tuple(fmap.form for fmap in maps),
        made.form,
        index,
        value,
        tuple(back(steps, maps, cells)),
        None,
        steps[-1].op.formula,
        "",
        None,
        None,
    )
    if isinstance(steps[-1], FuseStep):
        return _merged(plain, steps[-1], maps[-1], cells)
    taken, _ = steps[-1].layers(maps[-1])
    seen = look(
        layer_of(
            steps[-1], maps[-1], cells.index(steps[-1].operation.geometry(taken.form.frame).frame)
        )
    )
    if seen is None:
        return plain
    formula, numbers = words(seen)
    exact = float(value) if seen.step.keeps or seen.step["emit"] else seen.exact()
    return replace(
        plain,
        look=seen,
        formula=formula,
        numbers=numbers,
        exact=exact,
        chosen=_chosen(plain, maps[-1]),
    )


def _merged(plain: Explanation, step: FuseStep, fmap: FeatureMap, cells: Region) -> Explanation:
    """Branches, each explained, and what merges their numbers."""
    parts = []
    for branch, region in branched(step, fmap, cells):
        *_, (made,) = branch.walk(fmap)
        letters = made.form.plane_index(tuple(range(len(made.form.shape))))
        spot = dict(zip(letters, region.index(made.form.frame), strict=True))
        parts.append(
            _explained(*walked(branch, fmap), made, tuple(spot[axis] for axis in range(len(spot))))
        )
    values = [part.value.item() for part in parts]
    if step["merge"] == "concat":
        formula, numbers = "the channel of a branch", str(parts[0].steps[-1])
    else:
        formula = OPS[step["merge"]].formula
        numbers = put_in(formula, values, None, {"n": len(values)})
    return replace(
        plain, formula=formula, numbers=numbers, exact=float(plain.value), branches=tuple(parts)
    )


def _chosen(plain: Explanation, fmap: FeatureMap) -> Size | None:
    """Which pixel the number is, along the spatial axes of the step's input."""
    step = plain.step
    if not (step.op.indexed and step.keeps):
        return None
    index = int(step.indices(fmap).data[plain.index])
    space = fmap.form.space
    return None if index < 0 else tuple(map(int, np.unravel_index(index % prod(space), space)))


def _counts(look: Look) -> Iterator[str]:
    """What of the window counts, and what is divided by."""
    taps = prod(len(side.window) for side in look.sides)
    if look.shares is None and taps > look.values.size:
        yield f"{look.values.size} of the window's {taps} taps are inside the map"
    if look.valid is not None and not look.valid.all():
        yield f"{int(look.valid.sum())} of {look.values.size} pixels are valid"
    if look.heavy is not None:
        yield f"pixels count by their alpha, {look.count} in all"
    if look.step.op.name == "avg" and divisor(look) != look.count and not look.step["emit"]:
        why = (
            "--divisor"
            if look.step["divisor"]
            else f"{look.count} and {look.padding} of the padding"
        )
        yield f"n = {divisor(look):g}: {why}"
    if look.step["min_valid"] is not None and look.valid is not None:
        yield f"{look.valid.mean():.0%} of the pixels are valid, and --min-valid asks for {look.step['min_valid']:.0%}"
