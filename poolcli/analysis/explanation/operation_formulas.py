"""What each operation makes of a window, as its formula and as the formula with the window's numbers.

Reducers of the table that are sums, largest and smallest values need nothing here: their rows are their words.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from poolcli.analysis.explanation.observed_window import Look
from poolcli.analysis.explanation.substitution import LETTERS, listed, number, put_in
from poolcli.engine.reducers.weighted import weights_of
from poolcli.pipeline.profiles import PROFILES

Words = tuple[str, str]  # a formula, and the same with numbers


def words(look: Look) -> Words:
    """The formula of what is seen, and its numbers; of a window in which nothing counts only the formula."""
    step = look.step
    if step["emit"]:
        inside = f" / {look.values.size}" if step["emit"] == "fraction" else ""
        return "valid pixels" + (" / pixels" if inside else ""), f"{(look.seen.size)}{inside}"
    formula = PROFILES[step["semantics"]].formulas.get(step.op.name, step.op.formula)
    if not look.seen.size:
        return formula, "no pixel counts"
    return OWN.get(step.op.name, _folded)(look, formula)


def divisor(look: Look) -> float:
    """What a mean divides by."""
    step = look.step
    if step.op.name != "avg":
        return look.count
    return step["divisor"] or look.count + (look.padding if step["count_include_pad"] else 0)


def _folded(look: Look, formula: str) -> Words:
    step, seen = look.step, look.seen
    letters: dict[str, Any] = {
        LETTERS[option.name]: step[option.name]
        for option in step.op.parameters
        if option.name in LETTERS
    }
    letters |= {"n": divisor(look), "k": np.prod([len(side.window) for side in look.sides])}
    if "mean" in formula:
        letters["mean"] = float(np.average(seen.astype(np.float64), weights=look.heavy))
    heavy = look.heavy if step.op.weighs else None
    return formula, put_in(
        formula, seen.tolist(), None if heavy is None else heavy.tolist(), letters
    )


def _ordered(look: Look, formula: str) -> Words:
    """A quantile: the values in order, and the position among them."""
    q = look.step["q"] if look.step.op.name == "quantile" else 0.5
    ordered = np.sort(look.seen)
    place = Fraction(str(q)) * (len(ordered) - 1)
    rule = look.step["interpolation"]
    told = f", {rule}" if place.denominator > 1 else ""
    where = f"at {number(q)} * ({len(ordered)} - 1) = {number(float(place))}{told}"
    return formula, f"{listed([number(each) for each in ordered.tolist()], ', ')} {where}"


def _counted(look: Look, formula: str) -> Words:
    values, counts = np.unique(look.seen, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    parts = [f"{number(values[at])}: {counts[at]}" for at in order.tolist()]
    return formula, listed(parts, ", ")


def _drawn(look: Look, formula: str) -> Words:
    seen = look.seen.tolist()
    shares = put_in("x / sum x", seen, None, {}).partition(" / ")[2]
    return (
        formula,
        f"{listed([number(each) for each in seen], ', ')} each with probability x / {shares}",
    )


def _subsampled(look: Look, formula: str) -> Words:
    return formula, f"x[{', '.join(str(side.pixels[0]) for side in look.sides)}]"


def _shared(look: Look, formula: str) -> Words:
    """A mean under shares: of a filter, of the pixels between which a point lies, of the points of a cell."""
    shares = look.shares
    if shares is None:
        return _subsampled(look, formula)
    weights = np.ones(shares.shape) if look.weights is None else look.weights
    return formula, _weighed(look, shares * weights, whole=look.weights is None)


def _weighed(look: Look, shares: Any, *, whole: bool) -> str:
    used = np.flatnonzero(shares)
    pairs = zip(shares.ravel()[used].tolist(), look.values.ravel()[used].tolist(), strict=True)
    total = listed([f"{number(share)} * {_signed(value)}" for share, value in pairs], " + ") or "0"
    parts = shares.ravel()[used].tolist()
    return total if whole else f"({total}) / {number(sum(parts))}"


def _signed(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _kernel(look: Look, formula: str) -> Words:
    """Fixed weights, those of the taps inside the map."""
    window = [(side, list(side.window).index(side.pixels[0])) for side in look.sides]
    taps = tuple(slice(head, head + len(side.pixels)) for side, head in window)
    weights = weights_of(look.step.argument("weights"), look.step["kernel"], taps).reshape(
        look.values.shape
    )
    plain = look.step["no_normalize"]
    counts = 1 if look.weights is None else (look.weights > 0) if plain else look.weights
    return (
        ("sum w x", _weighed(look, weights * counts, whole=True))
        if plain
        else (formula, _weighed(look, weights * counts, whole=False))
    )


def _points(look: Look, formula: str) -> Words:
    """Points between pixels: their mean is one under shares; the largest is of the values at them."""
    if look.step["mode"] == "avg":
        inside = 1 if look.weights is None or look.shares is None else float(look.shares.sum())
        told = _shared(look, formula)
        return told if abs(inside - 1) < 1e-9 else (formula, f"{told[1]} * {number(inside)}")
    return "max of x at the points of a cell", f"the largest of {_listed_points(look)}"


def _listed_points(look: Look) -> str:
    from poolcli.engine.operations.roi_align import Points, RoiAlign

    rows, columns = look.sight.lines
    assert isinstance(rows, Points)
    assert isinstance(columns, Points)
    assert isinstance(look.layer.operation, RoiAlign)
    found = look.layer.operation.at_points(
        look.layer.arguments[0][look.sight.plane], (rows, columns), look.sight.cell
    )
    return listed([number(value) for value in found.ravel().tolist()], ", ")


def _put_back(look: Look, formula: str) -> Words:
    to = ", ".join(map(str, look.home.cell[len(look.home.frame.lead) :]))
    return formula, f"y[{to}] = x[{', '.join(str(side.pixels[0]) for side in look.sides)}]"


OWN: dict[str, Callable[[Look, str], Words]] = {
    "median": _ordered,
    "quantile": _ordered,
    "mode": _counted,
    "stochastic": _drawn,
    "sample": _subsampled,
    "blur": _shared,
    "restore": _shared,
    "weighted": _kernel,
    "roi-align": _points,
    "unpool": _put_back,
}
