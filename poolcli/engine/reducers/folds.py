"""How: reducers that fold. Each function here makes the fold of one operation for one kind of values.

A fold lifts every pixel to a state, merges states with an associative rule in any grouping, and finishes with the
number of pixels. It knows no geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from poolcli.engine.reducers import merges
from poolcli.engine.reducers.merges import ADD, MAX, MIN, Rule
from poolcli.engine.reducers.rounding import Ratio
from poolcli.maps.array import Array


class Values(NamedTuple):
    """What a fold may rely on: the pixels' dtype, the largest sum of weights in a window, the taps of a whole one."""

    dtype: np.dtype[Any]
    largest: int
    taps: int

    @property
    def is_short(self) -> bool:
        """Up to 32 bits: exact in float64."""
        return self.dtype.itemsize <= 4


class Count(Protocol):
    """How many of every window, counted when asked for."""

    @property
    def pixels(self) -> Array | int:
        """Pixels, or the sum of their weights."""
        ...

    @property
    def padding(self) -> Array | int:
        """Taps in the padding."""
        ...


class Part(NamedTuple):
    """One state a pixel, and the rule that merges two. `lift` may put several numbers a pixel on a new first axis.

    States become `wide` before they are merged.
    """

    lift: Callable[[Array], Array]
    rule: Rule
    wide: np.dtype[Any] | None = None

    def states(self, x: Array) -> Array:
        """The states of pixels, ready to be merged in any way."""
        lifted = self.lift(x)
        return lifted.astype(self.wide or lifted.dtype, copy=False)


class Fold(NamedTuple):
    """Parts folded side by side, and the formula that turns their states and the count into the result."""

    parts: tuple[Part, ...]
    finish: Callable[..., Array | Ratio]


class Window(NamedTuple):
    """Whole windows: values and their weights (None: all 1) as (..., *cells, taps), and which taps of the kernel.

    `planes` (...) and `cells` (*cells) number them over the whole array and the whole grid.
    """

    values: Array
    weights: Array | None
    taps: tuple[slice, ...]
    planes: Array
    cells: Array


class Gather(NamedTuple):
    """Sees whole windows: `choose` gives (..., *cells) of `dtype`."""

    choose: Callable[[Window], Array]
    dtype: np.dtype[Any]


class Order(NamedTuple):
    """Sees the values of a window in order: of n of them, the places from the first to the last of `places(n)`.

    `choose` makes (..., *cells) of an `ranks.Lines` or `levels.Levels`; of one place it chooses that. `dtype` is that
    of its results, for windows of these numbers of pixels (None: of any).
    """

    places: Callable[[int], tuple[int, int]]
    choose: Callable[[Any], Array]
    dtype: Callable[[Iterable[int] | None], np.dtype[Any]]


def max(values: Values) -> Fold:  # noqa: A001 - the operation's name
    return Fold((Part(_same, MAX),), lambda state, _: state)


def min(values: Values) -> Fold:  # noqa: A001 - the operation's name
    return Fold((Part(_same, MIN),), lambda state, _: state)


def sample(values: Values) -> Fold:
    return max(values)


def sum(values: Values) -> Fold:  # noqa: A001 - the operation's name
    part, total = adding(values)
    return Fold((part,), lambda state, _: total(state))


def avg(values: Values, *, count_include_pad: bool, divisor: int | None) -> Fold:
    part, total = adding(values)

    def finish(state: Array, count: Count) -> Array | Ratio:
        pixels = divisor or (count.pixels + count.padding if count_include_pad else count.pixels)
        whole = total(state)
        if whole.dtype.kind == "f":
            whole /= np.asarray(pixels, whole.dtype)
            return whole
        if isinstance(count.pixels, int) and isinstance(pixels, int) and pixels <= values.largest:
            return Ratio(whole, pixels, None if divisor else values.dtype)
        quotient: Array = whole / pixels
        return quotient

    return Fold((part,), finish)


def range(values: Values) -> Fold:  # noqa: A001 - the operation's name
    def finish(high: Array, low: Array, _: Count) -> Array:
        if values.dtype.kind == "f":
            return _wide(high) - _wide(low)
        if values.is_short:
            return high.astype(np.int64) - low
        return (high.astype(np.uint64) - low.astype(np.uint64)).astype(
            np.float64
        )  # right modulo 2^64

    return Fold((Part(_same, MAX), Part(_same, MIN)), finish)


def std(values: Values) -> Fold:
    if values.dtype.kind in "biu" and values.dtype.itemsize <= 2:
        return _std_of_integers()
    return Fold(
        (Part(merges.lift_moments, merges.MOMENTS),),
        lambda state, count: state[2] / np.sqrt(count.pixels),
    )


def _std_of_integers() -> Fold:
    """From exact sums, taken about the whole number next to the mean, so that nothing cancels."""

    def lift(x: Array) -> Array:
        long = x.astype(np.int64)
        return np.stack([long, long * long])

    def finish(state: Array, count: Count) -> Array:
        total, squares = state
        n = count.pixels
        centre = total // np.maximum(n, 1)
        rest = (total - n * centre).astype(np.float64)
        spread = (squares - 2 * centre * total + n * centre * centre).astype(np.float64)
        root: Array = np.sqrt(n * spread - rest * rest)
        return root / n

    return Fold((Part(lift, ADD),), finish)


def l2(values: Values) -> Fold:
    part, root = _powers(values, 2, np.abs)
    return Fold((part,), lambda state, count: root(state, count.pixels))


def lp(values: Values, *, norm: float) -> Fold:
    part, root = _powers(values, norm, np.abs)
    return Fold((part,), lambda state, _: root(state, 1))


def lp_of_mean(values: Values, *, norm: float) -> Fold:
    """PyTorch's rule: powers keep their sign, and a partial window counts as if it were whole."""

    def finish(state: Array, count: Count) -> Array:
        mean: Array = state / count.pixels
        return np.where(mean == 0, 0, (mean * values.taps) ** (1 / norm))

    return Fold((Part(lambda x: _double(x) ** norm, ADD),), finish)


def gem(values: Values, *, norm: float) -> Fold:
    part, root = _powers(values, norm, partial(np.maximum, 1e-6))
    return Fold((part,), lambda state, count: root(state, count.pixels))


def lse(values: Values, *, sharpness: float) -> Fold:
    part = Part(lambda x: merges.lift_leading(_double(x)), merges.exponentials(sharpness))
    return Fold(
        (part,), lambda state, count: state[0] + np.log(state[1] / count.pixels) / sharpness
    )


def soft(values: Values) -> Fold:
    return Fold((Part(merges.lift_soft, merges.SOFT),), lambda state, _: state[2])


def mixed(values: Values, *, alpha: float) -> Fold:
    part, total = adding(values)

    def finish(high: Array, state: Array, count: Count) -> Array:
        top, whole = alpha * _double(high), (1 - alpha) * _double(total(state))
        if values.dtype.kind == "f":
            return top + whole / count.pixels
        return (
            top * count.pixels + whole
        ) / count.pixels  # one division, so that a tie stays a tie

    return Fold((Part(_same, MAX), part), finish)


def _same(x: Array) -> Array:
    return x


def _double(x: Array) -> Array:
    return x.astype(np.float64, copy=False)


def _wide(x: Array) -> Array:
    """Half precision is computed in single, whole numbers in double."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def adding(values: Values) -> tuple[Part, Callable[[Array], Array]]:
    """A sum that cannot overflow, and what turns its state into the total."""
    if values.dtype.kind == "f":
        return Part(_same, ADD, np.result_type(values.dtype, np.float32)), _same
    if values.dtype.itemsize == 8:
        return Part(_split, ADD), _join
    return Part(_same, ADD, _roomy(values)), _same


def _roomy(values: Values) -> np.dtype[Any]:
    """The narrowest integer that holds twice the largest sum, with which a quotient is rounded."""
    kind = "i" if values.dtype.kind == "i" else "u"
    high = 1 if values.dtype.kind == "b" else 2 ** (8 * values.dtype.itemsize)
    return next(
        wide
        for wide in map(np.dtype, (f"{kind}2", f"{kind}4", f"{kind}8"))
        if (2 * high + 1) * values.largest <= np.iinfo(wide).max
    )


def _split(x: Array) -> Array:
    """A 64-bit integer as two halves, whose sums do not overflow."""
    return np.stack(
        [
            (x >> np.array(32, x.dtype)).astype(np.int64),
            (x & np.array(0xFFFFFFFF, x.dtype)).astype(np.int64),
        ]
    )


def _join(state: Array) -> Array:
    high, low = state
    total: Array = np.ldexp((high + (low >> 32)).astype(np.float64), 32) + (low & 0xFFFFFFFF)
    return total


def _powers(
    values: Values, norm: float, magnitude: Callable[[Array], Array]
) -> tuple[Part, Callable[..., Array]]:
    """Sums of powers, and their root. Where a power could leave float64, it is taken of the ratio to the largest."""
    if values.is_short and norm <= 8:
        return Part(lambda x: _power(magnitude(_double(x)), norm), ADD), lambda state, n: _root(
            state / n, norm
        )
    part = Part(lambda x: merges.lift_leading(magnitude(_double(x))), merges.powers(norm))
    return part, lambda state, n: state[0] * _root(state[1] / n, norm)


def _power(x: Array, norm: float) -> Array:
    return np.square(x) if norm == 2 else x if norm == 1 else x**norm


def _root(x: Array, norm: float) -> Array:
    return (
        np.sqrt(x)
        if norm == 2
        else x
        if norm == 1
        else np.cbrt(x)
        if norm == 3
        else x ** (1 / norm)
    )
