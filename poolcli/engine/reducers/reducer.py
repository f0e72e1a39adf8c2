"""What a reducer is: one of six kinds, each made for one kind of values.

`Fold` lifts every pixel to a state, merges states by an associative rule, and finishes with the
number of pixels. `Ranks`, `BetweenRanks` and `Mode` see the values of a window in order, `Gather`
sees them all, and `Weighted` adds them up, each times the weight of its tap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from poolcli.engine.reducers.merges import Merge
from poolcli.engine.reducers.rounding import Exact
from poolcli.maps.array import Array


class Values(NamedTuple):
    """What a reducer may rely on.

    `dtype` is that of the pixels, `largest` the largest sum of weights in a window, `taps` the size
    of a window that no border clips.
    """

    dtype: np.dtype[Any]
    largest: int
    taps: int

    @property
    def fits_double(self) -> bool:
        """Whether float64 represents every value exactly."""
        return self.dtype.itemsize <= 4


class Counts(Protocol):
    """The numbers that a fold may divide by: one per cell, or one for all."""

    @property
    def pixels(self) -> Array | int:
        """Pixels of each window, or the sum of their weights."""
        ...

    @property
    def padding(self) -> Array | int:
        """Taps of each window that lie in the padding."""
        ...


class Component(NamedTuple):
    """One of the states a fold merges.

    `lift` makes states of pixels, of several numbers along a new first axis if the merge needs
    them. They are converted to `dtype` before they are merged.
    """

    lift: Callable[[Array], Array]
    merge: Merge
    dtype: np.dtype[Any] | None = None

    def states(self, x: Array) -> Array:
        """The states of pixels."""
        lifted = self.lift(x)
        return lifted.astype(self.dtype or lifted.dtype, copy=False)


Divisor = Literal["pixels", "padded"] | int  # what a mean is over, see `Fold`


class Fold(NamedTuple):
    """Components folded side by side, and a formula: `finish(*states, counts)` is the result.

    Where that is no more than the one component over a count, `divisor` tells which (the pixels of
    a window, these and its padding, or a fixed number), and a backend can divide as it goes. If
    `of_squares`, it is the root of that, and the component lifts to squares in float64.
    `spread` tells that it is the variance or the deviation of pixels that weigh the same, which a
    backend may have another way to.
    Of values k times as large the result is k^`degree` times as large, if that is not 0: then a sum
    that overflows can be folded anew from smaller values.
    """

    components: tuple[Component, ...]
    finish: Callable[..., Exact]
    divisor: Divisor | None = None
    degree: int = 0
    of_squares: bool = False
    spread: Literal["var", "std"] | None = None


def itself(state: Array, _: object) -> Array:
    """The `finish` of a fold whose state is its result."""
    return state


class Ranks(NamedTuple):
    """Order statistics.

    Of n values in order, counted from 0, those at the two places `ranks(n)` are selected;
    `finish(low, high, n)` is the result.
    """

    ranks: Callable[[int], tuple[int, int]]
    finish: Callable[[Array, Array, Array | int], Exact]


class BetweenRanks(NamedTuple):
    """The mean of the values of a window from one place in order to another.

    Of n values in order, counted from 0, those from the first to the last of `ranks(n)` are meant.
    """

    ranks: Callable[[int], tuple[int, int]]


class Mode(NamedTuple):
    """The most frequent value of a window, the smallest one on ties."""


class WindowValues(NamedTuple):
    """Whole windows: values and weights (None: all 1) of shape (..., *cells, taps).

    `taps` are the taps of the kernel that borders leave; `planes` (...) and `cells` (*cells) number
    the windows over the whole array and the whole grid.
    """

    values: Array
    weights: Array | None
    taps: tuple[slice, ...]
    planes: Array
    cells: Array


class Gather(NamedTuple):
    """A function of whole windows: `choose` gives (..., *cells) of `dtype`."""

    choose: Callable[[WindowValues], Array]
    dtype: np.dtype[Any]


class Weighted(NamedTuple):
    """The sum of the taps of windows times their weights, or if `normalizes` their weighted mean.

    `kernels(axes)` are arrays of so many axes with a weight for each tap. With several, the sums
    under one are the pixels of the next.
    """

    kernels: Callable[[int], tuple[Array, ...]]
    normalizes: bool


Reduction = Fold | Ranks | BetweenRanks | Mode | Gather | Weighted
Reducer = Callable[[Values], Reduction]
