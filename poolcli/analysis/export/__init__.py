"""A pipeline as code of a library, and the same code run to see that it gives the same numbers.

A target is a module of this room with `write(windows)`, the code of some steps that defines `pool`, `run(code, x)`, and
`version()`, None where the library is not installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import facts_of
from poolcli.errors import ValueRuleError
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import shape_words
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage

TARGETS = ("torch", "keras", "onnx", "numpy")
LARGEST = 1 << 24  # values that are run to check


def code(target: str, pipeline: Pipeline, form: Form, stages: Sequence[Stage]) -> str:
    """The pipeline as code, with a line that tells how it was checked; ValueRuleError, with the rule, if there is none.

    >>> from poolcli.pipeline.parser import parse
    >>> form = Form((1, 3, 8, 8), np.dtype(np.float32), "NCHW")
    >>> "np.max(" in code("numpy", parse("max -k 2"), form, parse("max -k 2").plan(form))
    True
    """
    module = import_module(f"poolcli.analysis.export.{target}")
    if pipeline.several:
        raise ValueRuleError(
            f"there is no such code for {pipeline}: it gives several maps; write that of each level"
        )
    text: str = module.write([facts_of(target, stage) for stage in stages], form)
    return f"# {pipeline}\n# {_checked(module, target, text, (pipeline, form))}\n{text}"


def _checked(module: Any, target: str, text: str, asked: tuple[Pipeline, Form]) -> str:
    """Run the code on random numbers, and tell how near its result is; an error where it is another."""
    pipeline, form = asked
    version = module.version()
    size = f"a random {shape_words(form.shape)} {form.dtype}"
    if version is None:
        return f"not checked: {module.NEEDS} is not installed"
    if prod(form.shape) > LARGEST:
        return f"not checked: {shape_words(form.shape)} is too large to try"
    random = np.random.default_rng(0)
    floats = form.dtype.kind == "f"
    x = (random.normal(size=form.shape) if floats else random.integers(0, 100, form.shape)).astype(
        form.dtype
    )
    expected = pipeline(x, form.layout)
    try:
        found = np.asarray(module.run(text, x))
    except Exception as error:  # noqa: BLE001 - whatever the library says
        told = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise ValueRuleError(f"{target} {version} does not take {size} here: {told[0]}") from None
    return f"checked: {target} {version}, {_near(f'{target} {version}', found, expected)} on {size}"


def _near(target: str, found: Any, expected: Any) -> str:
    if found.shape != expected.shape:
        raise ValueRuleError(
            f"{target} gives {shape_words(found.shape)} where poolcli gives "
            f"{shape_words(expected.shape)}: its code is not printed"
        )
    if np.array_equal(found, expected):
        return "equal"
    away = float(np.abs(found.astype(np.float64) - expected).max())
    scale = float(np.abs(expected).max()) * (1e-4 if expected.dtype.itemsize < 8 else 1e-10)
    if not away <= scale:
        raise ValueRuleError(
            f"{target} gives numbers that differ by up to {away:.3g}: its code is not printed"
        )
    return f"equal to {away:.1g}"
