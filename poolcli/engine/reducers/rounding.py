"""From the exact result to the dtype that is kept: one rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


@dataclass(frozen=True)
class Ratio:
    """A quotient not yet taken: of whole numbers it can be rounded without leaving them.

    It is between the least and the most that `within` holds, if that is given.
    """

    total: Array
    count: int
    within: np.dtype[Any] | None = None

    def value(self) -> Array:
        """The quotient in double precision."""
        return self.total / self.count

    def rounded(self, rounding: str) -> Array:
        """The quotient as a whole number. `total` has room for it to grow by `count`, and is used up."""
        total, count = self.total, self.count
        if rounding == "half-even" and count % 2 == 0:
            total += (total // count & 1) + (
                count // 2 - 1
            )  # a half goes up where it makes an odd quotient even
        elif rounding != "floor":
            total += count // 2
        total //= count
        return total


def put(result: Array | Ratio, room: Array, rounding: str) -> None:
    """Write the exact result to where it is kept, rounded once."""
    if (
        isinstance(result, Ratio)
        and result.within is not None
        and np.can_cast(result.within, room.dtype)
    ):
        kept = result.rounded(rounding) if room.dtype.kind in "iu" else result.value()
    else:
        kept = cast(result, room.dtype, rounding)
    if kept is not room:
        room[...] = kept


def cast(result: Array | Ratio, dtype: DTypeLike, rounding: str) -> Array:
    """The exact result, rounded once."""
    dtype = np.dtype(dtype)
    if isinstance(result, Ratio):
        result = result.rounded(rounding) if dtype.kind in "iu" else result.value()
    if dtype.kind == "f" or result.dtype == dtype:
        return result.astype(dtype, copy=False)
    if result.dtype.kind == "f":
        if np.isnan(result).any():
            raise ValueRuleError(
                f"a result is NaN, which {dtype} cannot hold: give --nodata, or a float --dtype"
            )
        result = _rounded(result, rounding)
    if dtype.kind == "b":
        return np.not_equal(result, 0)
    return _saturated(result, dtype)


def _rounded(x: Array, rounding: str) -> Array:
    if rounding == "half-even":
        return np.rint(x)
    down: Array = np.floor(x)
    return down if rounding == "floor" else down + (x - down >= 0.5)


def _saturated(x: Array, dtype: np.dtype[Any]) -> Array:
    """Whole numbers, or flags, clipped to what the dtype holds."""
    x = x.view(np.uint8) if x.dtype.kind == "b" else x
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    if x.dtype.kind == "f":
        inside = np.clip(
            x, float(low), np.nextafter(float(high), 0) if dtype.itemsize == 8 else float(high)
        )
        return np.where(x >= float(high), np.array(high, dtype), inside.astype(dtype))
    room = np.iinfo(x.dtype)
    too_low = low > room.min and x.min(initial=low) < low
    too_high = high < room.max and x.max(initial=high) > high
    return (
        np.clip(x, max(low, room.min), min(high, room.max)) if too_low or too_high else x
    ).astype(dtype)
