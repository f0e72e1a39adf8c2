"""The formula of each operation for one window, and the same formula with the window's numbers.

Operations whose formula in the table is made of sums, maxima and minima are written by
`substitution`; the others have a function here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from poolcli.analysis.explanation.exact_result import exact_result
from poolcli.analysis.explanation.observed_window import ObservedWindow
from poolcli.analysis.explanation.substitution import (
    bracketed,
    listed,
    number,
    substitute,
)
from poolcli.engine.operations.roi_align import RoiAlign
from poolcli.engine.operations.roi_weights import SamplePoints
from poolcli.engine.operations.whole_colours import WholeColours
from poolcli.engine.reducers.values_of import one_of
from poolcli.engine.reducers.weighted import weights_of
from poolcli.maps.array import Array
from poolcli.pipeline.window_kinds import KERNEL

Formula = tuple[str, str]  # with letters, and with numbers


def formula_of(window: ObservedWindow) -> Formula:
    """The formula of a window, and its numbers, which say so where no pixel counts."""
    step = window.step
    if step["emit"]:
        return _emitted(window)
    formula = step.profile.formulas.get(step.op.name, step.op.formula)
    if not window.counted.size:
        return formula, "no pixel counts"
    usual = _values if step.op.is_plugin else _folded
    return OWN.get(step.op.name, usual)(window, formula)


def _values(window: ObservedWindow, formula: str) -> Formula:
    """The values that count, of a reducer of a plugin."""
    return formula or window.step.op.summary, listed(list(map(number, window.counted)), ", ")


def divisor(window: ObservedWindow) -> float:
    """The number that a mean divides by."""
    step = window.step
    if step.op.name != "avg":
        return window.count
    own = step["divisor"]
    if own == "kernel" and step.windows and KERNEL in step.windows.parameters:
        return window.kernel
    if own and not isinstance(own, str):
        return float(own)
    return window.count + (window.padding if step["count_include_pad"] else 0)


def _emitted(window: ObservedWindow) -> Formula:
    """The number of valid pixels, or the fraction of them."""
    valid = str(window.counted.size)
    if window.step["emit"] == "fraction":
        return "valid pixels / pixels", f"{valid} / {window.size}"
    return "valid pixels", valid


def _folded(window: ObservedWindow, formula: str) -> Formula:
    step, values, weights = window.step, window.counted, window.counted_weights
    own = {option.letter or option.name: step[option.name] for option in step.op.parameters}
    letters = {name: value for name, value in own.items() if type(value) in (int, float)}
    letters |= {"n": divisor(window), "k": window.kernel}
    if "mean" in formula:
        letters["mean"] = float(np.average(values.astype(np.float64), weights=weights))
    if weights is None or not (step.op.alpha_weighted or window.is_area):
        return formula, substitute(formula, values.tolist(), None, letters)
    return formula, substitute(formula, values.tolist(), weights.tolist(), letters)


def _order_statistic(window: ObservedWindow, formula: str) -> Formula:
    """A quantile: the values in order, and the position between two of them."""
    q = window.step["q"] if window.step.op.name == "quantile" else 0.5
    values = np.sort(window.counted).tolist()
    if window.step.op.name in window.step.profile.functions:  # SciPy's, the only one
        rank = min(int(Fraction(str(q)) * len(values)), len(values) - 1)
        return formula, f"{listed(list(map(number, values)), ', ')} at {rank}"
    position = Fraction(str(q)) * (len(values) - 1)
    rule = f", {window.step['interpolation']}" if position.denominator > 1 else ""
    where = f"at {number(q)} * ({len(values)} - 1) = {number(float(position))}{rule}"
    return formula, f"{listed(list(map(number, values)), ', ')} {where}"


def _frequencies(window: ObservedWindow, formula: str) -> Formula:
    """The values or colours, and how often each occurs, the most frequent first."""
    values, which = np.unique(_counted_pixels(window), axis=0, return_inverse=True)
    weights = window.counted_weights if window.is_area else None
    counts = np.bincount(which.ravel(), weights)
    order = np.argsort(-counts, kind="stable")
    parts = [f"{' '.join(map(number, values[at]))}: {number(counts[at])}" for at in order.tolist()]
    return formula, listed(parts, ", ")


def _counted_pixels(window: ObservedWindow) -> Array:
    """A row for each pixel that counts: its colour where whole colours are compared."""
    if not isinstance(window.group.operation, WholeColours):
        return window.counted[:, None]
    planes, frame, _, _ = window.group.arguments
    batch, _ = window.cell.batch_and_channel(window.trace.plane)
    colours = planes if frame.batch is None else planes[batch]
    where: Any = (slice(None), *np.ix_(*(side.pixels for side in window.sides)))
    pixels: Array = colours[where]
    rows: Array = pixels.reshape(len(pixels), -1).T
    return rows if window.weights is None else rows[window.weights.ravel() > 0]


def _trimmed(window: ObservedWindow, formula: str) -> Formula:
    """The mean of the values in order that are left."""
    values = np.sort(window.counted).tolist()
    cut = int(Fraction(str(window.step["trim"])) * len(values))
    kept = values[cut : len(values) - cut]
    return formula, f"({listed(list(map(bracketed, kept)), ' + ')}) / {len(kept)}"


def _fraction(window: ObservedWindow, formula: str) -> Formula:
    """How many of the values are one of those that are counted."""
    found = one_of(window.counted, window.step["of"])
    weights = window.counted_weights
    share = found.sum() if weights is None else weights[found].sum()
    return formula, f"{number(share.item())} / {number(window.count)}"


def _mean_direction(window: ObservedWindow, formula: str) -> Formula:
    """The angle of the sum of unit vectors, as a part of the period."""
    period = window.step["period"]
    turns = window.counted.astype(np.float64) % period / period
    weights = 1 if window.counted_weights is None else window.counted_weights
    up, across = (float((each(2 * np.pi * turns) * weights).sum()) for each in (np.sin, np.cos))
    if np.isnan(exact_result(window)):
        return formula, "no direction is left"
    whole = f" + {number(period)}" if up < 0 else ""
    angle = f"atan2({number(up)}, {number(across)})"
    return formula, f"{angle} * {number(period)} / (2 * 3.14159){whole}"


def _probabilities(window: ObservedWindow, formula: str) -> Formula:
    values = window.counted.tolist()
    total = substitute("x / sum x", values, None, {}).partition(" / ")[2]
    return formula, f"{listed(list(map(number, values)), ', ')} each with probability x / {total}"


def _sample(window: ObservedWindow, formula: str) -> Formula:
    return formula, f"x[{_first_pixel(window)}]"


def _first_pixel(window: ObservedWindow) -> str:
    return ", ".join(str(side.pixels[0]) for side in window.sides)


def _interpolation(window: ObservedWindow, formula: str) -> Formula:
    """A mean weighted by shares: of a filter, of neighbouring pixels, or of points in a cell."""
    shares = window.shares
    if shares is None:
        return _sample(window, formula)
    if window.weights is None:
        return formula, _weighted_sum(window, shares)
    return formula, _weighted_mean(window, shares * window.weights)


def _weighted_sum(window: ObservedWindow, weights: Array) -> str:
    used = np.flatnonzero(weights)
    pairs = zip(weights.ravel()[used].tolist(), window.values.ravel()[used].tolist(), strict=True)
    terms = [f"{number(weight)} * {bracketed(value)}" for weight, value in pairs]
    return listed(terms, " + ") or "0"


def _weighted_mean(window: ObservedWindow, weights: Array) -> str:
    total = number(sum(weights.ravel()[np.flatnonzero(weights)].tolist()))
    return f"({_weighted_sum(window, weights)}) / {total}"


def _weighted(window: ObservedWindow, formula: str) -> Formula:
    """Fixed weights: those of the taps inside the map."""
    step = window.step
    taps = []
    for side in window.sides:
        first = list(side.window).index(side.pixels[0])
        taps.append(slice(first, first + len(side.pixels)))
    kernel = weights_of(step.argument("weights"), step["kernel"], tuple(taps)).reshape(
        window.values.shape
    )
    counts = 1 if window.weights is None else window.weights
    if step["no_normalize"]:
        return "sum w x", _weighted_sum(window, kernel * (np.asarray(counts) > 0))
    return formula, _weighted_mean(window, kernel * counts)


def _roi_align(window: ObservedWindow, formula: str) -> Formula:
    """The mean of points between pixels is one weighted by shares; the maximum is of the points."""
    if window.step["mode"] != "avg":
        points = listed(list(map(number, _point_values(window))), ", ")
        return "max of x at the points of a cell", f"the largest of {points}"
    weighs = window.weights is not None and window.shares is not None
    inside = float(window.shares.sum()) if weighs and window.shares is not None else 1.0
    formula, numbers = _interpolation(window, formula)
    is_whole = abs(inside - 1) < 1e-9  # rounding of shares; a pixel's share is larger
    return formula, numbers if is_whole else f"{numbers} * {number(inside)}"


def _point_values(window: ObservedWindow) -> list[float]:
    rows, columns = window.trace.axes
    operation = window.group.operation
    assert isinstance(rows, SamplePoints)
    assert isinstance(columns, SamplePoints)
    assert isinstance(operation, RoiAlign)
    plane = window.group.arguments[0][window.trace.plane]
    values: list[float] = (
        operation.at_points(plane, (rows, columns), window.trace.cell).ravel().tolist()
    )
    return values


def _unpool(window: ObservedWindow, formula: str) -> Formula:
    to = ", ".join(map(str, window.cell.index[len(window.cell.frame.lead) :]))
    return formula, f"y[{to}] = x[{_first_pixel(window)}]"


OWN: dict[str, Callable[[ObservedWindow, str], Formula]] = {
    "median": _order_statistic,
    "quantile": _order_statistic,
    "trimmed": _trimmed,
    "mode": _frequencies,
    "fraction": _fraction,
    "circmean": _mean_direction,
    "stochastic": _probabilities,
    "sample": _sample,
    "blur": _interpolation,
    "restore": _interpolation,
    "weighted": _weighted,
    "roi-align": _roi_align,
    "unpool": _unpool,
}
