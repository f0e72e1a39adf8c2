"""NumPy alone: windows as a view, and one call for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import Facts
from poolcli.engine.reducers.weighted import weights_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form
from poolcli.pipeline.profiles import PROFILES

NEEDS = "numpy"


def version() -> str:
    return np.__version__


def run(code: str, x: Array) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - written a moment ago, to be tried
    return names["pool"](x)


def write(steps: Sequence[Facts], form: Form) -> str:  # noqa: ARG001 - the shape is in the facts
    """A function of an array of the plan's layout."""
    body = "".join(f"    {line}\n" for facts in steps for line in _lines(facts))
    view = (
        "from numpy.lib.stride_tricks import sliding_window_view\n"
        if "sliding_window_view" in body
        else ""
    )
    return f"import numpy as np\n{view}\n\ndef pool(x):\n{body}    return x\n"


def _lines(facts: Facts) -> list[str]:
    if facts.op in OWN:
        return OWN[facts.op](facts)
    if facts.kind == "spatial pyramid":
        return _levels(facts)
    if facts.kind == "adaptive":
        return _adaptive(facts, [str(cells) for cells in facts.cells], "x")
    nan = "" if facts.whole else "nan"
    return [*_windows(facts), *_reduced(facts, nan, tuple(range(-facts.dims, 0)), "x")]


def _windows(facts: Facts) -> list[str]:
    """The windows w of x, their taps on last axes; NaN stands for padding."""
    lines = []
    if not facts.whole:
        if facts.form.dtype.kind != "f":
            raise facts.no("NaN marks padding here, and whole numbers have none")
        lines.append(
            f"x = np.pad(x, {_sides(facts)}, constant_values=np.nan)  # NaN: padding, left out below"
        )
    view = f"w = sliding_window_view(x, {facts.spans}, axis={facts.space})"
    cuts = [":"] * len(facts.form.shape) + [
        ":" if step == 1 else f"::{step}" for step in facts.dilation
    ]
    for axis, step in zip(facts.space, facts.stride, strict=True):
        cuts[axis] = ":" if step == 1 else f"::{step}"
    return [*lines, view if set(cuts) == {":"} else f"{view}[{', '.join(cuts)}]"]


def _sides(facts: Facts) -> str:
    pads = [(0, 0)] * len(facts.form.shape)
    for axis, pad in zip(facts.space, facts.pads, strict=True):
        pads[axis] = pad
    return str(pads)


def _reduced(facts: Facts, nan: str, axes: tuple[int, ...], name: str) -> list[str]:
    """What the reducer makes of windows w over these axes."""
    if facts.op not in REDUCERS:
        raise facts.no(f"NumPy has no {facts.op}")
    *before, last = REDUCERS[facts.op](facts, nan, f"axis={axes if len(axes) > 1 else axes[0]}")
    return [*before, f"{name} = {last}"]


def _adaptive(facts: Facts, cells: list[str], name: str) -> list[str]:
    """Each cell by itself, stacked along each axis."""
    if facts.space != tuple(range(len(facts.form.shape) - facts.dims, len(facts.form.shape))):
        raise facts.no(f"its cells are stacked last, and the layout is {facts.form.layout}")
    lines = _reduced(facts, "", facts.space, "y")
    if len(lines) > 1:
        raise facts.no("NumPy would need a loop over the cells")
    text = lines[0].removeprefix("y = ").replace("(w", f"(x[..., {', '.join('abc'[: facts.dims])}]")
    for axis in reversed(range(facts.dims)):
        length = facts.form.space[axis]
        text = f"np.stack([{text} for {'abc'[axis]} in bounds({length}, {cells[axis]})], {axis - facts.dims})"
    rule = "lambda length, n: [slice(i * length // n, -(-(i + 1) * length // n)) for i in range(n)]"
    return [f"bounds = {rule}", f"{name} = {text}"]


def _levels(facts: Facts) -> list[str]:
    rule, cells = _adaptive(facts, ["n"] * facts.dims, "y")
    shape = "(len(x), -1)" if facts.form.frame.batch is not None else "(-1)"
    levels = tuple(facts.step["levels"])
    return [
        rule,
        f"x = np.concatenate([{cells.removeprefix('y = ')}.reshape{shape} for n in {levels}], -1)",
    ]


# Reducers: lines, the last an expression, for windows w; `nan` is the prefix of functions that leave NaN out. ----


def _avg(facts: Facts, nan: str, axis: str) -> list[str]:
    step = facts.step
    if step["divisor"]:
        return [f"np.{nan}sum(w, {axis}) / {step['divisor']}"]
    if not (step["count_include_pad"] and nan):
        return [f"np.{nan}mean(w, {axis})"]
    if not facts.counts_all:
        raise facts.no("its last window counts less padding than the others")
    return [f"np.{nan}sum(w, {axis}) / {facts.taps}"]


def _lp(facts: Facts, nan: str, axis: str) -> list[str]:
    norm = facts.step["norm"]
    if "lp" in PROFILES[facts.step["semantics"]].functions:
        return [f"({facts.taps} * np.{nan}mean(w ** {norm}, {axis})) ** (1 / {norm})"]
    return [f"np.{nan}sum(np.abs(w) ** {norm}, {axis}) ** (1 / {norm})"]


def _lse(facts: Facts, nan: str, axis: str) -> list[str]:
    sharpness = facts.step["sharpness"]
    return [
        f"w = {sharpness} * w",
        f"top = np.{nan}max(w, {axis}, keepdims=True)",
        f"(np.log(np.{nan}mean(np.exp(w - top), {axis})) + np.{nan}max(w, {axis})) / {sharpness}",
    ]


def _soft(_: Facts, nan: str, axis: str) -> list[str]:
    return [
        f"e = np.exp(w - np.{nan}max(w, {axis}, keepdims=True))",
        f"np.{nan}sum(w * e, {axis}) / np.{nan}sum(e, {axis})",
    ]


def _gem(facts: Facts, nan: str, axis: str) -> list[str]:
    norm = facts.step["norm"]
    return [f"np.{nan}mean(np.maximum(w, 1e-6) ** {norm}, {axis}) ** (1 / {norm})"]


def _mixed(facts: Facts, nan: str, axis: str) -> list[str]:
    share = facts.step["alpha"]
    return [f"{share} * np.{nan}max(w, {axis}) + {1 - share} * np.{nan}mean(w, {axis})"]


def _quantile(facts: Facts, nan: str, axis: str) -> list[str]:
    q = 0.5 if facts.op == "median" else facts.step["q"]
    rule = facts.step["interpolation"]
    return [f"np.{nan}quantile(w, {q}, {axis}{'' if rule == 'linear' else f', method={rule!r}'})"]


REDUCERS: dict[str, Callable[[Facts, str, str], list[str]]] = {
    "max": lambda _, nan, axis: [f"np.{nan}max(w, {axis})"],
    "min": lambda _, nan, axis: [f"np.{nan}min(w, {axis})"],
    "sum": lambda _, nan, axis: [f"np.{nan}sum(w, {axis})"],
    "avg": _avg,
    "range": lambda _, nan, axis: [f"np.{nan}max(w, {axis}) - np.{nan}min(w, {axis})"],
    "std": lambda _, nan, axis: [f"np.{nan}std(w, {axis})"],
    "l2": lambda _, nan, axis: [f"np.sqrt(np.{nan}mean(w**2, {axis}))"],
    "lp": _lp,
    "gem": _gem,
    "lse": _lse,
    "soft": _soft,
    "mixed": _mixed,
    "median": _quantile,
    "quantile": _quantile,
}


# What is no pooling -------------------------------------------------------------------------------------------


def _sample(facts: Facts) -> list[str]:
    cuts = [":"] * len(facts.form.shape)
    for axis, step in zip(facts.space, facts.stride, strict=True):
        cuts[axis] = f"::{step}"
    return [f"x = x[{', '.join(cuts)}]"]


def _blur(facts: Facts) -> list[str]:
    """Along one axis after the other."""
    taps = facts.step["filter"]
    strides = tuple(facts.step["stride"]) * (facts.dims // len(facts.step["stride"]))
    weights = f"np.array({[comb(taps - 1, tap) for tap in range(taps)]}) / {2 ** (taps - 1)}"
    pads = [(0, 0)] * len(facts.form.shape)
    for axis in facts.space:
        pads[axis] = ((taps - 1) // 2, taps // 2)
    lines = [f"b = {weights}", f'x = np.pad(x, {pads}, mode="reflect")']
    for axis, step in zip(facts.space, strides, strict=True):
        cuts = [":"] * len(facts.form.shape)
        cuts[axis] = f"::{step}"
        lines.append(
            f"x = (sliding_window_view(x, {taps}, axis={axis})[{', '.join(cuts)}] @ b).astype(x.dtype)"
        )
    return lines


def _weighted(facts: Facts) -> list[str]:
    step = facts.step
    whole = tuple(slice(0, size) for size in facts.kernel)
    weights = weights_of(step.argument("weights"), step["kernel"], whole).reshape(facts.kernel)
    axes = tuple(range(-facts.dims, 0))
    total = f"np.nansum(w * b, axis={axes})"
    share = "" if step["no_normalize"] else f" / (~np.isnan(w) * b).sum(axis={axes})"
    return [
        *_windows(facts),
        f"b = np.array({weights.tolist()})",
        f"x = ({total}{share}).astype(x.dtype)",
    ]


def _restore(facts: Facts) -> list[str]:
    if facts.step["interpolation"] != "nearest":
        raise facts.no("NumPy has no such interpolation of maps")
    facts_of_axes = zip(facts.space, facts.form.space, facts.output.space, strict=True)
    return [
        f"x = np.take(x, (2 * np.arange({cells}) + 1) * {length} // {2 * cells}, axis={axis})"
        for axis, length, cells in facts_of_axes
    ]


OWN: dict[str, Callable[[Facts], list[str]]] = {
    "sample": _sample,
    "blur": _blur,
    "weighted": _weighted,
    "restore": _restore,
}
