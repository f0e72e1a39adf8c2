"""The rules by which two states become one: associative, and free of overflow and cancellation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from poolcli.maps.array import Array

WHOLE = range(1, 9)  # powers that are products
Function = Callable[..., Array]  # called as `function(a, b, out=None)`


class Merge(NamedTuple):
    """How two states become one.

    `function` merges elementwise and may write where it reads. `empty(dtype)` is the
    state of no pixel, and `weigh(state, w)` that of pixels that count w times as often.
    """

    function: Function
    empty: Callable[[np.dtype[Any]], Any]
    weigh: Callable[[Array, Array], Array]

    def weighed(self, states: Array, weights: Array) -> Array:
        """States that count as often as they weigh; those of weight 0 are as if there were none."""
        is_mask = weights.dtype.kind == "b"
        weighed = states if is_mask else self.weigh(states, weights.astype(states.dtype))
        if (self is ADD and not is_mask and states.dtype.kind in "iu") or (weights > 0).all():
            return weighed
        empty = np.asarray(self.empty(states.dtype), states.dtype)
        if empty.ndim:
            empty = empty.reshape(-1, *(1,) * (states.ndim - 1))
        return np.where(weights > 0, weighed, empty)


def _unweighted(state: Array, weight: Array) -> Array:  # noqa: ARG001 - an extreme stays one
    return state


def lowest(dtype: np.dtype[Any]) -> Any:
    """The value of a dtype that no other is below."""
    if dtype.kind == "b":
        return False
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def highest(dtype: np.dtype[Any]) -> Any:
    """The value of a dtype that no other is above."""
    if dtype.kind == "b":
        return True
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


MAX = Merge(np.maximum, lowest, _unweighted)
MIN = Merge(np.minimum, highest, _unweighted)
ADD = Merge(np.add, lambda _: 0, np.multiply)


@dataclass(frozen=True)
class Power:
    """The power of a magnitude, or of a number that is `least` at the least, in float64.

    Small whole powers are products, so that all backends give the same bits: of an even norm the
    square of the power of half of it, of an odd one that of one less, times the number itself.
    """

    norm: float
    least: float | None = None

    def __call__(self, x: Array) -> Array:
        """The powers of pixels."""
        return _power(self.magnitude(x), self.norm)

    def magnitude(self, x: Array) -> Array:
        """What is raised to the power."""
        wide = x.astype(np.float64, copy=False)
        return np.abs(wide) if self.least is None else np.maximum(self.least, wide)


def _power(x: Array, norm: float) -> Array:
    if norm == 1:
        return x
    if norm not in WHOLE:
        return x**norm
    return np.square(_power(x, norm / 2)) if norm % 2 == 0 else _power(x, norm - 1) * x


def lift_moments(x: Array) -> Array:
    """Count, mean, and root of the sum of squared deviations of one pixel; NaN for an infinity."""
    wide = x.astype(np.float64, copy=False)
    return np.stack([np.ones_like(wide), wide + (wide - wide), wide - wide])


def _merge_moments(a: Array, b: Array, out: Array | None = None) -> Array:
    """Chan, Golub, LeVeque 1979, equation 1.5, on roots, so that no square overflows or cancels."""
    out = np.empty_like(a) if out is None else out
    count = a[0] + b[0]
    away = b[1] - a[1]
    share = b[0] / np.where(count > 0, count, 1)
    between = np.abs(away) * np.sqrt(a[0] * share)
    mean = a[1] + away * share
    np.hypot(np.hypot(a[2], b[2]), between, out=out[2])
    out[0], out[1] = count, mean
    return out


def _weigh_moments(state: Array, weight: Array) -> Array:
    return np.stack([state[0] * weight, state[1], state[2] * np.sqrt(weight)])


def _merge_squares(a: Array, b: Array, out: Array | None = None) -> Array:
    """The same equation on the sums of squares themselves: exact where these are."""
    out = np.empty_like(a) if out is None else out
    count = a[0] + b[0]
    away = b[1] - a[1]
    share = b[0] / np.where(count > 0, count, 1)
    weight = a[0] * share
    between = np.where(weight > 0, away * away * weight, 0)  # not infinity times 0
    squares = a[2] + b[2] + between
    mean = a[1] + away * share
    out[0], out[1], out[2] = count, mean, squares
    return out


def _weigh_squares(state: Array, weight: Array) -> Array:
    return np.stack([state[0] * weight, state[1], state[2] * weight])


MOMENTS = Merge(_merge_moments, lambda _: 0, _weigh_moments)
SQUARES = Merge(_merge_squares, lambda _: 0, _weigh_squares)


def lift_leading(x: Array) -> Array:
    """The leading value, and the sum of terms in units of its own term: 1 for one pixel."""
    return np.stack([x, np.ones_like(x)])


def leading(
    larger: Callable[..., Array], decay: Callable[[Array, Array], Array], nothing: float
) -> Merge:
    """Sums in units of the largest term: `decay(lead, other)` is a term over the leading one."""
    smaller = np.minimum if larger is np.maximum else np.maximum

    def merge(a: Array, b: Array, out: Array | None = None) -> Array:
        out = np.empty_like(a) if out is None else out
        lead, other = larger(a[0], b[0]), smaller(a[0], b[0])
        first = a[0] == lead
        term = np.where(lead == other, 1.0, decay(lead, other))
        out[1] = np.where(first, a[1], b[1]) + term * np.where(first, b[1], a[1])
        out[0] = lead
        return out

    return Merge(
        merge,
        lambda _: np.array([nothing, 0]),
        lambda state, weight: np.stack([state[0], state[1] * weight]),
    )


@lru_cache(maxsize=64)
def powers(norm: float) -> Merge:
    """Sums of powers of magnitudes, in units of the largest."""
    return leading(np.maximum, lambda lead, other: (other / lead) ** norm, 0)


@lru_cache(maxsize=64)
def exponentials(sharpness: float) -> Merge:
    """Sums of e^(r x), in units of the largest."""
    larger = np.maximum if sharpness > 0 else np.minimum
    return leading(
        larger,
        lambda lead, other: np.exp(sharpness * (other - lead)),
        -np.inf if sharpness > 0 else np.inf,
    )


def lift_soft(x: Array) -> Array:
    """The largest value, the sum of e^(x - largest), and the mean under these weights.

    The mean of an infinity is NaN.
    """
    wide = x.astype(np.float64, copy=False)
    return np.stack([wide, np.ones_like(wide), wide + (wide - wide)])


def _merge_soft(a: Array, b: Array, out: Array | None = None) -> Array:
    out = np.empty_like(a) if out is None else out
    largest = np.maximum(a[0], b[0])
    mine, yours = a[1] * np.exp(a[0] - largest), b[1] * np.exp(b[0] - largest)
    both = mine + yours
    share = yours / np.where(both > 0, both, 1)
    mean = a[2] * (1 - share) + b[2] * share
    out[0], out[1], out[2] = largest, both, mean
    return out


SOFT = Merge(
    _merge_soft,
    lambda dtype: np.array([np.finfo(dtype).min, 0, 0]),
    lambda state, weight: np.stack([state[0], state[1] * weight, state[2]]),
)
