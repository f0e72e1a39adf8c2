"""The code of a pipeline, run on random numbers to see that it gives the same result."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import exported_step
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import shape_words
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage

LARGEST = 1 << 24  # values of the random input: 64 MB of float32, and as much again in the library
# The largest difference, as a share of the largest value, that another order of additions explains.
TOLERANCES = {4: 1e-4, 8: 1e-10}  # by bytes of a number


def code_of(target: str, pipeline: Pipeline, form: Form, stages: Sequence[Stage]) -> str:
    """The pipeline as code of a target, below a comment that says how it was checked.

    Raises ValueRuleError where the target cannot express the pipeline, or its result is another.

    >>> from poolcli.pipeline.parser import parse
    >>> form = Form((1, 3, 8, 8), np.dtype(np.float32), "NCHW")
    >>> "np.max(" in code_of("numpy", parse("max -k 2"), form, parse("max -k 2").plan(form))
    True
    """
    module = import_module(f"poolcli.analysis.export.{target}")
    if pipeline.several:
        raise ValueRuleError(
            f"there is no such code for {pipeline}: it gives several maps; write that of each level"
        )
    text: str = module.write([exported_step(target, stage) for stage in stages], form)
    return f"# {pipeline}\n# {_checked(module, target, text, (pipeline, form))}\n{text}"


def _checked(module: Any, target: str, text: str, checked: tuple[Pipeline, Form]) -> str:
    """Run the code, and say how near its result is; ValueRuleError where it is another."""
    pipeline, form = checked
    version = module.version()
    size = f"a random {shape_words(form.shape)} {form.dtype}"
    if version is None:
        return f"not checked: {module.NEEDS} is not installed"
    if prod(form.shape) > LARGEST:
        return f"not checked: {shape_words(form.shape)} is too large to try"
    library = f"{target} {version}"
    x = _random_input(form)
    try:
        found = np.asarray(module.run(text, x))
    except Exception as error:  # noqa: BLE001 - libraries raise errors of any kind
        last_line = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise ValueRuleError(f"{library} does not take {size} here: {last_line}") from None
    return f"checked: {library}, {_agreement(library, found, pipeline(x, form.layout))} on {size}"


def _random_input(form: Form) -> Array:
    random = np.random.default_rng(0)
    is_float = form.dtype.kind == "f"
    x = random.normal(size=form.shape) if is_float else random.integers(0, 100, form.shape)
    return x.astype(form.dtype)


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
    tolerance = TOLERANCES[8 if expected.dtype.itemsize >= 8 else 4]
    if not difference <= float(np.abs(expected).max()) * tolerance:  # also where it is NaN
        raise ValueRuleError(
            f"{library} gives numbers that differ by up to {difference:.3g}: "
            "its code is not printed"
        )
    return f"equal to {difference:.1g}"
