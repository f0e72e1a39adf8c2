"""The formula of each operation for one window, and the same formula with the window's numbers.

Operations whose formula in the table is made of sums, maxima and minima are written by
`substitution`; the others have a function here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from poolcli.analysis.explanation.observed_window import ObservedWindow
from poolcli.analysis.explanation.substitution import (
    OPTION_LETTERS,
    bracketed,
    listed,
    number,
    substitute,
)
from poolcli.engine.operations.roi_align import RoiAlign
from poolcli.engine.operations.roi_weights import SamplePoints
from poolcli.engine.reducers.weighted import weights_of
from poolcli.maps.array import Array

Formula = tuple[str, str]  # with letters, and with numbers


def formula_of(window: ObservedWindow) -> Formula:
    """The formula of a window, and its numbers, which say so where no pixel counts."""
    step = window.step
    if step["emit"]:
        return _emitted(window)
    formula = step.profile.formulas.get(step.op.name, step.op.formula)
    if not window.counted.size:
        return formula, "no pixel counts"
    return OWN.get(step.op.name, _folded)(window, formula)


def divisor(window: ObservedWindow) -> float:
    """The number that a mean divides by."""
    step = window.step
    if step.op.name != "avg":
        return window.count
    if step["divisor"] == "kernel":
        return prod(len(side.window) for side in window.sides)
    return step["divisor"] or window.count + (window.padding if step["count_include_pad"] else 0)


def _emitted(window: ObservedWindow) -> Formula:
    """The number of valid pixels, or the fraction of them."""
    valid = str(window.counted.size)
    if window.step["emit"] == "fraction":
        return "valid pixels / pixels", f"{valid} / {window.values.size}"
    return "valid pixels", valid


def _folded(window: ObservedWindow, formula: str) -> Formula:
    step, values, weights = window.step, window.counted, window.counted_weights
    letters: dict[str, Any] = {
        OPTION_LETTERS[option.name]: step[option.name]
        for option in step.op.parameters
        if option.name in OPTION_LETTERS
    }
    letters["n"] = divisor(window)
    letters["k"] = np.prod([len(side.window) for side in window.sides])
    if "mean" in formula:
        letters["mean"] = float(np.average(values.astype(np.float64), weights=weights))
    if weights is None or not step.op.alpha_weighted:
        return formula, substitute(formula, values.tolist(), None, letters)
    return formula, substitute(formula, values.tolist(), weights.tolist(), letters)


def _order_statistic(window: ObservedWindow, formula: str) -> Formula:
    """A quantile: the values in order, and the position between two of them."""
    q = window.step["q"] if window.step.op.name == "quantile" else 0.5
    values = np.sort(window.counted).tolist()
    position = Fraction(str(q)) * (len(values) - 1)
    rule = f", {window.step['interpolation']}" if position.denominator > 1 else ""
    where = f"at {number(q)} * ({len(values)} - 1) = {number(float(position))}{rule}"
    return formula, f"{listed(list(map(number, values)), ', ')} {where}"


def _frequencies(window: ObservedWindow, formula: str) -> Formula:
    """The values and how often each occurs, the most frequent first."""
    values, counts = np.unique(window.counted, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    parts = [f"{number(values[at])}: {counts[at]}" for at in order.tolist()]
    return formula, listed(parts, ", ")


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
    "mode": _frequencies,
    "stochastic": _probabilities,
    "sample": _sample,
    "blur": _interpolation,
    "restore": _interpolation,
    "weighted": _weighted,
    "roi-align": _roi_align,
    "unpool": _unpool,
}
