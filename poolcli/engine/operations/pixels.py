"""Which pixels count and how often, and what a window gives in which none does."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from poolcli.engine.operations.index import Indexing
from poolcli.engine.reducers.rounding import Exact, cast
from poolcli.engine.reducers.values_of import check_value, one_of, where_valid
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class BorderPixel(NamedTuple):
    """The pixel that a constant border repeats: its value, weight, and whether it counts."""

    value: float
    weight: int = 1
    counts: bool = True


class ValueRules(NamedTuple):
    """Which values count, what a window without any gives, and how the result is stored.

    `mask` is True where a pixel counts, and broadcasts to the array. `emit` asks for the "count" or
    the "fraction" of pixels that count instead of the result, `indexing` for the index of the pixel
    that is the result. `empty` is the result of an empty window if it is not the first of `nodata`,
    the values that are left out, and `outside` that of a window that lies outside the map. `border`
    has the pixel of a constant border for each axis, None where the border of an axis is no number.
    """

    dtype: DTypeLike
    nan: str = "propagate"
    nodata: tuple[float, ...] = ()
    min_valid: float | None = None
    rounding: str = "half-even"
    mask: Array | None = None
    emit: str | None = None
    indexing: Indexing | None = None
    empty: float | None = None
    border: tuple[BorderPixel | None, ...] = ()
    outside: float = 0

    @property
    def picky(self) -> bool:
        """Whether some pixels may not count."""
        return self.mask is not None or bool(self.nodata) or self.nan == "ignore"

    def for_alpha(self) -> ValueRules:
        """The rules for alpha: it is coverage, so no value of it means that data is missing."""
        return self._replace(nodata=(), min_valid=None, mask=None, emit=None, outside=0)

    def with_border(self, change: Callable[[BorderPixel], BorderPixel]) -> ValueRules:
        """The rules with each pixel of a constant border changed."""
        border = tuple(None if pixel is None else change(pixel) for pixel in self.border)
        return self._replace(border=border)

    def with_counted_border(self, dtype: np.dtype[Any]) -> ValueRules:
        """The rules whose border says by itself whether it counts, with values of this dtype."""

        def counted_pixel(pixel: BorderPixel) -> BorderPixel:
            valid = counting(np.array(pixel.value, dtype), None, self)
            return pixel._replace(counts=valid is None or bool(valid))

        return self.with_border(counted_pixel)

    def cast(self, result: Exact) -> Array:
        """The exact result in the rules' dtype, rounded once."""
        return cast(result, self.dtype, self.rounding)


class MaskedPixels(NamedTuple):
    """Values, mask and weights of the pixels: arrays of one shape."""

    values: Array
    mask: Array | None
    weights: Array | None

    def part(self, where: Any) -> MaskedPixels:
        """Some of the pixels."""
        mask = None if self.mask is None else self.mask[where]
        weights = None if self.weights is None else self.weights[where]
        return MaskedPixels(self.values[where], mask, weights)


class CountedPixels(NamedTuple):
    """Values, which of them count (None: all), and how often each does (None: once).

    Where a pixel counts once or not at all, weights are boolean. A value that does not count is 1,
    which no reducer stumbles over.
    """

    values: Array
    valid: Array | None
    weights: Array | None

    def part(self, where: Any) -> CountedPixels:
        """Some of the pixels."""
        valid = None if self.valid is None else self.valid[where]
        weights = None if self.weights is None else self.weights[where]
        return CountedPixels(self.values[where], valid, weights)

    @property
    def mask(self) -> Array | None:
        """Which pixels count, where these count once; None where all do, or some more often."""
        weights = self.weights
        return weights if weights is not None and weights.dtype.kind == "b" else None

    @property
    def in_numbers(self) -> CountedPixels:
        """The same with integers for weights."""
        weights = self.weights
        return self if weights is None else self._replace(weights=weights.astype(np.int64))


def whole(alpha: Array) -> Array:
    """Alpha as integer weights, of which only the ratios matter.

    Floats are counted in 65536ths: opaque is 1 in an image of floats, and 255 or 65535 where an
    earlier step has made floats of alpha.
    """
    if alpha.dtype.kind == "u":
        shift = 8 * (alpha.dtype.itemsize - 2)
        return alpha >> shift if shift > 0 else alpha  # 16 bits: sums stay exact
    steps = np.rint(np.clip(np.nan_to_num(alpha.astype(np.float64)), 0, 65535) * 65536)
    return steps.astype(np.uint32)


def masked_pixels(planes: Array, rules: ValueRules, weights: Array | None) -> MaskedPixels:
    """The planes with the mask of the rules."""
    mask = None if rules.mask is None else np.broadcast_to(rules.mask, planes.shape)
    return MaskedPixels(planes, mask, weights)


def counted(block: MaskedPixels, rules: ValueRules) -> CountedPixels:
    """The pixels of a block, in native byte order, and how often they count by the rules."""
    x = block.values
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    valid = counting(x, block.mask, rules)
    weights = None if block.weights is None else block.weights.astype(np.int64)
    if valid is None:
        return CountedPixels(x, None, weights)
    weights = valid if weights is None else np.where(valid, weights, 0)
    return CountedPixels(where_valid(valid, x, 1), valid, weights)


def counting(x: Array, mask: Array | None, rules: ValueRules) -> Array | None:
    """Which values count; None stands for all."""
    missing = [] if mask is None else [~mask]
    if rules.nan == "ignore" and x.dtype.kind == "f":
        missing.append(np.isnan(x))
    if rules.nodata:
        missing.append(one_of(x, rules.nodata))
    return ~reduce(np.logical_or, missing) if missing else None


def emitted(number: Array, pixels: Array | int, rules: ValueRules) -> Array:
    """How many pixels of windows count, or what share of the pixels that these have."""
    if rules.emit == "fraction":
        return number / pixels
    dtype = np.dtype(rules.dtype)
    if dtype.kind in "iu" and number.max() > np.iinfo(dtype).max:
        raise ValueRuleError(
            f"a window has {number.max()} valid pixels, more than {dtype} can count: "
            "give `dtype` uint16 or wider, or `emit` fraction"
        )
    return number


def check_nodata(nodata: tuple[float, ...], dtype: np.dtype[Any]) -> None:
    """ValueRuleError if no value of the dtype can be one of `nodata`."""
    for value in nodata:
        check_value("nodata", value, dtype)


def blank(rules: ValueRules, valid: Array | None) -> Array:
    """The result of an empty window: the first nodata value, else NaN; 0 for a colour under alpha
    alone.
    """
    value = blank_value(rules)
    if value is None:
        value = 0 if valid is None else np.nan
    return rules.cast(np.asarray(value))


def blank_value(rules: ValueRules) -> float | None:
    """The value that rules name for empty windows."""
    return rules.nodata[0] if rules.empty is None and rules.nodata else rules.empty
