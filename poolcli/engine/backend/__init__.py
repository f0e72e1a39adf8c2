"""The two verbs of the engine, fold and select, over a grid of windows; and who does them.

A mean is a fold that is divided as it is made; the mode is selected like a rank.

`plain` is NumPy and does everything. `compiled` is a C++ extension that does the same for the
dtypes and merges that most people use, and asks `plain` for the rest. The environment variable
`POOLCLI_BACKEND` (plain or compiled) chooses; without it, it is `compiled` where it was built.
Both give the same bits, because the order of merges is part of the definition:

* Axes are folded one after another, the outermost spatial axis first (depth, height, width).
* Along an axis, a window of n taps x0 ... x(n-1) folds to T(n), with T(1) = x0; for even n,
  T(n) = merge(T(n/2) of the first half, T(n/2) of the second half); for odd n,
  T(n) = merge(T(n-1) of the first n - 1 taps, x(n-1)). The error of a sum grows with log n.
* States are converted to the dtype of the result before they are merged; float16 is merged as
  float32.
* max(a, b) is a where a > b or a is NaN, else b; min likewise. So a NaN stays, and of equal values
  (0 and -0) the later one does, however the taps are grouped: windows may overlap.

Of equal values that are selected by rank, or are most frequent, it is not defined which one it is,
and a zero among them is +0 (the driver sees to that). If a value of a window is NaN, the result is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast
from warnings import warn_explicit

from poolcli.errors import RequestError

if TYPE_CHECKING:
    import numpy as np

    from poolcli.engine.reducers.merges import Function, Power
    from poolcli.engine.reducers.reducer import Reduction
    from poolcli.engine.reducers.rounding import Quotient, Spread
    from poolcli.engine.windows.grid import Grid
    from poolcli.maps.array import Array

NAMES = ("plain", "compiled")
INTERFACE = 7  # of the extension: another number where its functions or constants change
STALE = "the compiled core is of another version: run `pip install .` again"
NOT_BUILT = (
    "the extension was not built; "
    "install a C++ compiler and poolcli again, or leave it to NumPy with plain"
)


class Numbering(NamedTuple):
    """The numbers of the pixels of planes (..., *map): pixel (i, j) is `first + i s + j t`.

    `first` is the number of the first pixel, of each plane (...) or of all; `steps` are s, t: the
    differences along each axis of the map. `nan` tells which of several NaN in a window is meant,
    the "first" or the "last".
    """

    first: Array
    steps: tuple[int, ...]
    nan: str

    def of_pixels(self, space: tuple[int, ...]) -> Array:
        """The numbers of all pixels of maps of this size, (..., *map)."""
        import numpy as np

        numbers = self.first
        for size, step in zip(space, self.steps, strict=True):
            numbers = numbers[..., None] + step * np.arange(size)
        return numbers


class BoxWeights(NamedTuple):
    """The weights of pixels in the cells of boxes along one axis.

    `weights` of shape (boxes, cells, pixels) are those of the pixels from `firsts` (boxes,) on.
    """

    firsts: Array
    weights: Array


class Backend(Protocol):
    """Functions of one block, (..., *map) to (..., *cells), the grid's axes last.

    Arrays may have any strides and are in the machine's byte order; `x` is not written to.
    """

    def __hash__(self) -> int: ...  # plans are remembered for each

    def fold(
        self,
        merge: Function,
        x: Array,
        grid: Grid,
        out: Array | None = None,
        dtype: np.dtype[Any] | None = None,
    ) -> Array:
        """The folded states of every window.

        Parameters
        ----------
        merge : callable
            `numpy.add`, `numpy.maximum`, `numpy.minimum`, or a function `merge(a, b, out=None)` of
            states that have several numbers along their first axis.
        x : (..., *map) array
            The states of the pixels.
        grid : Grid
            The windows.
        out : (..., *cells) array, optional
            Where the result goes, of a dtype that holds it; else it is a new array.
        dtype : dtype, optional
            What states are converted to before they are merged.
        """
        ...

    def fold_index(
        self, merge: Function, x: Array, grid: Grid, out: tuple[Array, Array], numbering: Numbering
    ) -> bool:
        """Fold with `numpy.maximum` or `numpy.minimum`, and number the pixel of each result.

        A backend that does this in one pass writes the values and the numbers (int64) to both
        arrays of `out`, and returns True; values have x's dtype. Otherwise it writes nothing and
        returns False: then the caller folds, and looks for the pixels of the results.

        The pixel is the first of the window that equals the result; if the result is NaN, the first
        or the last NaN, as `numbering.nan` says.
        """
        ...

    def mean(
        self, x: Array, grid: Grid, out: Array, dtype: np.dtype[Any] | None, quotient: Quotient
    ) -> bool:
        """Fold with `numpy.add`, divide every total by a count, and round once to `out`'s dtype.

        Integers are divided exactly, and what is beyond the dtype of `out` becomes its least or
        its most. The result tells whether all means are finite.
        """
        ...

    def powers(self, power: Power, x: Array, grid: Grid, out: Array | None = None) -> Array:
        """The sums of the powers of the pixels of every window, in float64.

        They are those that `fold` gives of `power(x)` with `numpy.add`.
        """
        ...

    def spread(
        self, x: Array, valid: Array | None, grid: Grid, out: Array, how: Spread
    ) -> bool | None:
        """The variance of every window, or its root, rounded once to `out`'s dtype; NaN without
        pixels.

        Only pixels where `valid` is True count (None: all). The result tells whether all are
        finite. It is None, and nothing is written, where the backend leaves it to the caller, who
        merges means and sums of squared deviations, or exact sums.
        """
        ...

    def correlate(self, x: Array, kernel: Array, grid: Grid) -> Array:
        """The sum of the taps of every window, each times its weight, in float64.

        `kernel` has a weight for each tap of an unclipped window. Taps are added in order, from 0
        on, and those whose weight is 0 are not read.
        """
        ...

    def select(
        self,
        x: Array,
        valid: Array | None,
        grid: Grid,
        ranks: Callable[[int], tuple[int, int]],
        out: Array | None = None,
    ) -> tuple[Array, Array]:
        """The values at two ranks of each window, counted from 0.

        `ranks(n)` are the two ranks in a window of n pixels. Only pixels where `valid` is True
        count (None: all); the result of a window without one is arbitrary. The first array may be
        `out`, of x's dtype, which is written to then.
        """
        ...

    def mode(self, x: Array, valid: Array | None, grid: Grid, out: Array | None = None) -> Array:
        """The most frequent value of each window, the smallest on ties; `valid` as in `select`.

        The result may be `out`, of x's dtype, which is written to then.
        """
        ...

    def weigh(self, x: Array, out: Array, rows: BoxWeights, columns: BoxWeights) -> None:
        """Weighted sums of the pixels (height, width, C) of boxes, to (boxes, C, *cells).

        Cell (i, j) is the sum over y of wy[i, y] times the sum over x of wx[j, x] p[y, x], each
        from the first pixel on, in float64, rounded once to `out`'s dtype. Pixels and cells are
        float32 or float64, and all pixels are finite.
        """
        ...

    def tiles(self, reduction: Reduction, dtype: np.dtype[Any]) -> bool:
        """Whether it cuts blocks of any size into tiles for the cache itself."""
        ...


def backend() -> Backend:
    """The backend that `POOLCLI_BACKEND` asks for; RequestError where that is not to be had."""
    return _backend(os.environ.get("POOLCLI_BACKEND", ""))


def name() -> str:
    """The name of the backend in use."""
    return _name(os.environ.get("POOLCLI_BACKEND", ""))


def is_built() -> bool:
    """Whether the extension that `compiled` needs was built, from these sources."""
    return _interface() == INTERFACE


def _interface() -> int | None:
    """The interface of the extension that was built; None where there is none."""
    if find_spec("poolcli.engine.backend._core") is None:
        return None
    return getattr(import_module("poolcli.engine.backend._core"), "INTERFACE", 0)


@cache
def _backend(asked: str) -> Backend:
    return cast(Backend, import_module(f"poolcli.engine.backend.{_name(asked)}"))


@cache
def _name(asked: str) -> str:
    if asked not in ("", *NAMES):
        raise RequestError(f"POOLCLI_BACKEND={asked}: takes {' or '.join(NAMES)}")
    if is_built():
        return asked or "compiled"
    is_stale = _interface() is not None
    if asked == "compiled":
        raise RequestError(f"POOLCLI_BACKEND=compiled: {STALE if is_stale else NOT_BUILT}")
    if not asked and is_stale:  # one line, as there is no line of source to show
        warn_explicit(f"NumPy pools instead, more slowly: {STALE}", RuntimeWarning, "poolcli", 1)
    return "plain"
