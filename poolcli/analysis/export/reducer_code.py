"""Reducers as functions of NumPy, for libraries that call one for their windows."""

from __future__ import annotations

import re

from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.analysis.export.numpy_expressions import REDUCERS


def reducer_of(step: ExportedStep, nan: str) -> tuple[list[str], str]:
    """The lines that define a function of windows `w` and axes `axis`, and its name.

    `nan` is "nan" where padding is NaN, and left out.
    """
    if step.op not in REDUCERS:
        raise step.no(f"NumPy has no {step.op}")
    *before, last = REDUCERS[step.op](step, nan, "axis")
    if not before and re.fullmatch(r"np\.\w+\(w, axis\)", last):
        return [], last.removesuffix("(w, axis)")
    lines = [*before, f"return {last}"]
    return ["def reduced(w, axis):", *(f"    {line}" for line in lines)], "reduced"
