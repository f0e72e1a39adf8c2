"""Anti-aliased pooling: a binomial filter before subsampling."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from math import comb

import numpy as np

from poolcli.engine.operations.operation import Operation
from poolcli.engine.operations.resample import Resampling
from poolcli.engine.operations.weighted_axis import WeightedAxis
from poolcli.engine.windows.place import AXIS_NAMES, per_axis
from poolcli.errors import ShapeError
from poolcli.maps.frame import Size


def blur(*, filter: int, stride: Size) -> Operation:  # noqa: A002 - the option's name
    """Subsample by `stride` after a binomial filter of `filter` taps, with reflected borders.

    Tap t of f has the weight C(f - 1, t) / 2^(f - 1).

    Source: Zhang 2019, Making Convolutional Networks Shift-Invariant Again; antialiased-cnns
    (reflect by default).
    """
    return Resampling(partial(_axes, filter, stride))


def _axes(taps: int, stride: Size, space: Size) -> list[WeightedAxis]:
    strides = per_axis("stride", stride, len(space))
    facts = zip(AXIS_NAMES[len(space)], space, strides, strict=True)
    return [_axis(taps, step, name, length) for name, length, step in facts]


def _axis(taps: int, stride: int, name: str, length: int) -> WeightedAxis:
    if taps // 2 >= length:
        raise ShapeError(
            f"`filter` {taps} reflects {taps // 2} pixels at the border of axis {name}, "
            f"which is {length} long: use a filter of at most {2 * length - 1}"
        )
    last = length - 1
    reads = np.arange(0, length, stride) + np.arange(taps)[:, None] - (taps - 1) // 2
    shares = np.array([[comb(taps - 1, tap)] for tap in range(taps)])
    return WeightedAxis(
        last - np.abs(last - np.abs(reads)),
        shares,
        2 ** (taps - 1),
        Fraction(stride),
        Fraction(taps % 2 - 1, -2),
    )
