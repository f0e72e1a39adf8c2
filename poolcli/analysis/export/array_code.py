"""Functions of an array: what surrounds the code of the steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.maps.feature_map import Form

ROUNDED = {
    "half-even": "np.rint(x)",
    "half-up": "np.floor(x + 0.5)",
    "half-away": "np.trunc(x + np.copysign(0.5, x))",
    "floor": "np.floor(x)",
}
HELPER = "\n\n\n"  # between the parts of a program
LARGER = ("sum", "lp")  # reducers whose results may exceed the dtype of the pixels


def function_of_array(
    steps: Sequence[ExportedStep],
    code_of: Callable[[ExportedStep], list[str]],
    imports: dict[str, str],
    around: tuple[list[str], list[str]] = ([], []),
    rounds: Callable[[ExportedStep], bool] = lambda _: False,
) -> str:
    """The code of `pool`, with those of the imports that it uses, by the text that needs them.

    An import may be followed by a function that it is for. `around` are lines before and after;
    `rounds` tells the steps whose code rounds whole numbers as poolcli does.
    """
    before, after = around
    for step in steps:
        before = [*before, *(code_of(step) if rounds(step) else converted(step, code_of(step)))]
    body = [*before, *after]
    code = "".join(f"    {line}\n" for line in body)
    used = [text.partition(HELPER) for word, text in imports.items() if word in code]
    lines = dict.fromkeys(line for text, _, _ in used for line in text.splitlines())
    helpers = [helper for _, _, helper in used if helper]
    parts = ["\n".join(lines), *helpers, f"def pool(x):\n{code}    return x\n"]
    return HELPER.join(parts)


def converted(step: ExportedStep, lines: list[str]) -> list[str]:
    """The lines, with whole numbers converted to floats before and rounded after, where needed."""
    before, dtype = [], step.output.dtype
    if step.computes_floats and step.form.dtype.kind != "f":
        before = ["x = x.astype(np.float64)"]
    if not (before or dtype != step.form.dtype):
        return lines
    after = [f"x = x.astype(np.{dtype})"]
    if dtype.kind != "f" and step.computes_floats:
        text = ROUNDED[step["round"]]
        if step.op in LARGER:
            limits = np.iinfo(dtype)
            text = f"np.clip({text}, {limits.min}, {limits.max})"
        after = [f"x = {text}.astype(np.{dtype})"]
    return [*before, *lines, *after]


def rearranged(
    form: Form, wanted: str, transposed: str = "x.transpose({})"
) -> tuple[list[str], list[str]]:
    """The lines that give a map's axes the order of `wanted`, and those that undo them.

    Axes that the map does not have get the size 1.
    """
    present = [letter for letter in wanted if letter in form.layout]
    order = tuple(form.layout.index(letter) for letter in present)
    back = tuple(present.index(letter) for letter in form.layout)
    before, after = [], []
    if order != tuple(range(len(order))):
        before.append(f"x = {transposed.format(order)}")
        after.append(f"x = {transposed.format(back)}")
    missing = [letter not in form.layout for letter in wanted]
    if any(missing):
        before.append(f"x = x[{_index(missing, 'None')}]")
        after.insert(0, f"x = x[{_index(missing, '0')}]")
    return before, after


def _index(missing: Sequence[bool], text: str) -> str:
    """An index with this text at the missing axes, which are the first or the last."""
    first = missing[0]
    last = missing[-1]
    return ", ".join([*([text] if first else []), "...", *([text] if last else [])])
