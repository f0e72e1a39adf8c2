"""Bringing the values of a map to a common scale before they are pooled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from poolcli.array import Array
from poolcli.engine.operation import Given, Operation, Outline, Sight
from poolcli.engine.pixels import Rules, check_nodata, counting
from poolcli.frame import Frame
from poolcli.values import Size


@dataclass(frozen=True)
class Normalized:
    """An operation on normalised values: each sample of a batch by itself, all its channels together.

    "minmax" maps the smallest to 0 and the largest to the most that the result's dtype holds (1 for floats);
    "zscore" is (x - mean) / std. A constant map is 0. What does not count has no part in the statistics.
    """

    operation: Operation
    how: str

    def outline(self, frame: Frame) -> Outline:
        return self.operation.outline(frame)

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight | None:
        return self.operation.sight(frame, cell, weights)

    def __call__(self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None) -> Array:
        return self.operation(*self.given(planes, frame, rules, weights))

    def given(self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None) -> Given:
        """What the operation is given."""
        check_nodata(rules.nodata, planes.dtype)
        valid = counting(planes, rules.mask, rules)
        x = planes.astype(np.float64)
        seen = np.isfinite(x) & (True if valid is None else valid) & (True if weights is None else weights > 0)
        counts = np.True_ if seen.all() else seen  # without a mask NumPy is several times faster
        axes = tuple(range(frame.batch is not None, x.ndim))
        with np.errstate(all="ignore"):
            scaled = _minmax(x, counts, axes, _top(rules)) if self.how == "minmax" else _zscore(x, counts, axes)
        told = replace(rules, mask=valid, nodata=None, empty=rules.nodata)
        return scaled, frame, told, weights


def _top(rules: Rules) -> int:
    dtype = np.dtype(rules.dtype)
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1


def _minmax(x: Array, counts: Array | np.bool, axes: tuple[int, ...], top: int) -> Array:
    low, high = _range(x, counts, axes)
    return np.where(high > low, (x - low) * top / (high - low), x - x)


def _zscore(x: Array, counts: Array | np.bool, axes: tuple[int, ...]) -> Array:
    low, high = _range(x, counts, axes)
    mean = _mean(x, counts, axes)
    away = x - mean
    return np.where(high > low, away / np.sqrt(_mean(away * away, counts, axes)), x - x)


def _range(x: Array, counts: Array | np.bool, axes: tuple[int, ...]) -> tuple[Array, Array]:
    return (
        np.min(x, axes, keepdims=True, where=counts, initial=np.inf),
        np.max(x, axes, keepdims=True, where=counts, initial=-np.inf),
    )


def _mean(x: Array, counts: Array | np.bool, axes: tuple[int, ...]) -> Array:
    number = np.sum(np.broadcast_to(counts, x.shape), axes, keepdims=True)
    mean: Array = np.sum(x, axes, keepdims=True, where=counts) / number
    return mean
