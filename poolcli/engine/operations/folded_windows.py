"""The results of a fold over the windows of a block: its states, its divisor, and no overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.backend import Backend
from poolcli.engine.operations.pixels import CountedPixels
from poolcli.engine.reducers.exact_sums import unchanged
from poolcli.engine.reducers.merges import Power
from poolcli.engine.reducers.reducer import Component, Counts, Divisor, Fold
from poolcli.engine.reducers.rounding import Exact, Quotient, Ratio, Spread, cast
from poolcli.engine.reducers.values_of import where_valid
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

SCALE = 64  # 2 to this power is more than the weights of a window add up to


class FoldedWindows(NamedTuple):
    """Windows that are folded: their pixels, and what counts these for folds that need that.

    `weights` gives what the pixels of each window weigh together, where some have a weight.
    """

    backend: Backend
    rounding: str
    pixels: CountedPixels
    grid: Grid
    counts: Callable[[], Counts]
    weights: Callable[[], Array]

    def reduced(self, fold: Fold, wide: Fold | None, out: Array) -> Exact:
        """The exact results; where a sum overflows, those of smaller values, enlarged again.

        They may be `out`, where these have been written to it. `wide` is the fold of the values in
        float64, or None where no sum can overflow.
        """
        result, is_finite = self._folded(fold, out)
        if wide is None or is_finite or not isinstance(result, np.ndarray | Ratio):
            return result
        overflown = ~np.isfinite(result.total if isinstance(result, Ratio) else result)
        values = self.pixels.values
        if not overflown.any() or not has_large(values):
            return result
        pixels = self.pixels._replace(values=np.ldexp(values.astype(np.float64), -SCALE))
        again, _ = self._replace(pixels=pixels)._folded(wide, np.empty(overflown.shape))
        small = cast(again, np.float64, "")
        first = result.value() if isinstance(result, Ratio) else result
        return np.where(overflown, np.ldexp(small, SCALE * wide.degree), first)

    def _folded(self, fold: Fold, out: Array) -> tuple[Exact, bool]:
        """The results, and whether the backend knows that all are finite."""
        values, mask = self.pixels.values, self.pixels.mask
        weighed = self.pixels.weights is not None and mask is None
        is_lossless = self.pixels.values.dtype.kind != "f" or out.dtype.kind == "f"
        if fold.divisor and not weighed and is_lossless:
            (component,) = fold.components
            states = shown(values if fold.of_squares else component.lift(values), mask, 0)
            mean, quotient = self.backend.mean, self._quotient(fold)
            return out, mean(states, self.grid, out, component.dtype, quotient)
        if fold.spread and not weighed and is_lossless:
            how = Spread(fold.spread == "std", self.rounding)
            is_finite = self.backend.spread(values, mask, self.grid, out, how)
            if is_finite is not None:
                return out, is_finite
        alone = out if len(fold.components) == 1 and not weighed else None
        folded = [self._states(component, alone) for component in fold.components]
        return fold.finish(*folded, self.counts()), False

    def _states(self, component: Component, out: Array | None) -> Array:
        """The folded states of all windows, in `out` if they are of its kind."""
        merge, dtype = component.merge, component.dtype
        values, weights = self.pixels.values, self.pixels.weights
        if weights is not None and self.pixels.mask is None:
            return self._weighed(component, weights)
        mask = self.pixels.mask
        if isinstance(component.lift, Power) and (mask is None or component.lift.least is None):
            out = out if out is not None and out.dtype == np.float64 else None
            return self.backend.powers(component.lift, shown(values, mask, 0), self.grid, out)
        if mask is not None and component.lift is not unchanged:
            return self._weighed(component, mask)
        states = component.lift(values)
        if mask is not None:
            states = shown(states, mask, merge.empty(states.dtype))
        if out is not None and (states.ndim, dtype or states.dtype) != (out.ndim, out.dtype):
            out = None
        return self.backend.fold(merge.function, states, self.grid, out, dtype)

    def _weighed(self, component: Component, weights: Array) -> Array:
        """The folded states of pixels that have weights."""
        states = component.merge.weighed(component.states(self.pixels.values), weights)
        return self.backend.fold(component.merge.function, states, self.grid)

    def _quotient(self, fold: Fold) -> Quotient:
        """How the totals of a fold are divided."""
        divisor, cells = fold.divisor, None
        assert divisor is not None, "what is no mean is not divided"
        if self.pixels.mask is not None and divisor in ("pixels", "padded"):
            cells = self.weights()
            if divisor == "padded":
                cells = (cells + self.counts().padding).astype(np.uint32)
        counts = self._divisors(divisor)
        return Quotient(counts, self.rounding, fold.of_squares, cells)

    def _divisors(self, divisor: Divisor) -> tuple[Array, ...]:
        """The number that the cells along each axis contribute to the divisor, as a product."""
        if divisor == "pixels" and self.grid.footprint is None:
            return self.grid.sizes
        if divisor == "padded" and self.grid.footprint is None:
            return tuple(axis.extents for axis in self.grid.axes)
        number = int(divisor) if isinstance(divisor, int) else self.grid.largest
        first, *others = (np.ones(axis.cells, np.int64) for axis in self.grid.axes)
        return (first * number, *others)


def shown(states: Array, mask: Array | None, otherwise: Any) -> Array:
    """The states of pixels that are in the mask, and another where they are not."""
    return states if mask is None else where_valid(mask, states, otherwise)


def has_large(values: Array) -> bool:
    """Whether some finite value is so large that a sum of them may overflow."""
    sizes = np.abs(values)
    limit = np.ldexp(np.finfo(values.dtype).max, -SCALE)
    return bool(((sizes > limit) & np.isfinite(sizes)).any())
