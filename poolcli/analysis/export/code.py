"""The code of a pipeline, run on random numbers to see that it gives the same result."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from math import prod

import numpy as np

from poolcli.analysis.export.target import Target
from poolcli.errors import PoolError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import shape_words
from poolcli.maps.picture import Picture
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage

LARGEST = 1 << 24  # values of the random input: 64 MB of float32, and as much again in the library
# The largest difference, as a share of the largest value, that another order of additions explains.
TOLERANCES = {4: 1e-4, 8: 1e-10}  # by bytes of a number
NAN_SHARE = 0.02  # of the random input, in the second try
INDEXED_MODES = ("1", "P", "PA")  # of images whose pixels are no numbers to compute with


def code_of(name: str, pipeline: Pipeline, form: Form, stages: Sequence[Stage]) -> str:
    """The pipeline as code of a target, below a comment that says how it was checked.

    Raises ValueRuleError where the target cannot express the pipeline, or its result is another.

    >>> from poolcli.pipeline.parser import parse
    >>> form = Form((1, 3, 8, 8), np.dtype(np.float32), "NCHW")
    >>> "np.max(" in code_of("numpy", parse("max -k 2"), form, parse("max -k 2").plan(form))
    True
    """
    target = target_named(name)
    if pipeline.several:
        raise ValueRuleError(
            f"there is no such code for {pipeline}: it gives several maps; write that of each level"
        )
    text = target.write([target.exported(stage) for stage in stages], form)
    return f"# {pipeline}\n# {_checked(target, text, pipeline, form)}\n{text}"


def target_named(name: str) -> Target:
    """The record of a target."""
    target: Target = import_module(f"poolcli.analysis.export.{name}").TARGET
    return target


def _checked(target: Target, text: str, pipeline: Pipeline, form: Form) -> str:
    """Run the code, and say how near its result is; ValueRuleError where it is another."""
    try:
        version = target.shown_version()
    except Exception as error:  # noqa: BLE001 - as they do where their parts do not fit
        return f"not checked: {' and '.join(target.modules)} cannot be imported: {_last(error)}"
    size = f"a random {shape_words(form.shape)} {form.dtype}"
    if version is None:
        return f"not checked: {' and '.join(target.modules)} is not installed"
    if prod(form.shape) > LARGEST:
        return f"not checked: {shape_words(form.shape)} is too large to try"
    library = f"{target.name} {version}"
    x = _random_input(form)
    try:
        found = target.run(text, x)
    except Exception as error:  # noqa: BLE001 - libraries raise errors of any kind
        raise ValueRuleError(f"{library} does not take {size} here: {_last(error)}") from None
    agreement = _agreement(library, found, _pooled(pipeline, x, form))
    return f"checked: {library}, {agreement} on {size}{_with_nan(target, text, pipeline, form)}"


def _last(error: Exception) -> str:
    """The last line of an error."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]


def _random_input(form: Form) -> Array:
    random = np.random.default_rng(0)
    if form.dtype.kind == "f":
        return random.normal(size=form.shape).astype(form.dtype)
    return random.integers(0, 100, form.shape).astype(form.dtype)


def _pooled(pipeline: Pipeline, x: Array, form: Form) -> Array:
    """What poolcli makes of an array, as pixels of an image where the form is one's."""
    picture = Picture(form.mode) if form.mode and form.mode not in INDEXED_MODES else None
    *_, (made,) = pipeline.walk(FeatureMap(x, form.layout, picture))
    return made.data


def _agreement(library: str, found: Array, expected: Array) -> str:
    """How near the result is to poolcli's; ValueRuleError where more than rounding lies between."""
    if found.shape != expected.shape:
        raise ValueRuleError(
            f"{library} gives {shape_words(found.shape)} where poolcli gives "
            f"{shape_words(expected.shape)}: its code is not printed"
        )
    if np.array_equal(found, expected):
        return "equal"
    difference = float(np.abs(found.astype(np.float64) - expected).max())
    if not difference <= _tolerance(expected):  # also where it is NaN
        raise ValueRuleError(
            f"{library} gives numbers that differ by up to {difference:.3g}: "
            "its code is not printed"
        )
    return f"equal to {difference:.1g}"


def _tolerance(expected: Array) -> float:
    if expected.dtype.kind != "f":
        return 0
    share = TOLERANCES[8 if expected.dtype.itemsize >= 8 else 4]
    return float(np.nanmax(np.abs(expected), initial=0)) * share


def _with_nan(target: Target, text: str, pipeline: Pipeline, form: Form) -> str:
    """Words for whether the results of a map with some NaN are poolcli's, too."""
    if form.dtype.kind != "f":
        return ""
    x = _random_input(form)
    x[np.random.default_rng(1).random(form.shape) < NAN_SHARE] = np.nan
    try:
        expected, found = _pooled(pipeline, x, form), target.run(text, x)
    except (PoolError, ArithmeticError):
        return ""
    pair = found.astype(np.float64), expected.astype(np.float64)
    near = np.isclose(*pair, rtol=0, atol=_tolerance(expected), equal_nan=True)
    return "" if near.all() else "; not where there is NaN"
