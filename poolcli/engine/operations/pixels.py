"""Which pixels count, how often, and where they are."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from poolcli.engine.backend.tasks import Task
from poolcli.engine.operations.index import NOWHERE, Indexing
from poolcli.engine.reducers.rounding import Ratio, cast
from poolcli.errors import ValueRuleError
from poolcli.maps.array import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class Rules(NamedTuple):
    """Which values count, what an empty window gives, and how the result is kept.

    `mask` is True where a pixel counts, and broadcasts to the array; `emit` asks for the "count" or the "fraction"
    of pixels that count instead of the result, `indexing` for the index of the pixel that is the result. `empty` is
    what an empty window gives when that is not the `nodata` that is left out.
    """

    dtype: DTypeLike
    nan: str = "propagate"
    nodata: float | None = None
    min_valid: float | None = None
    rounding: str = "half-even"
    mask: Array | None = None
    emit: str | None = None
    indexing: Indexing | None = None
    empty: float | None = None

    @property
    def picky(self) -> bool:
        """Some pixels may not count."""
        return self.mask is not None or self.nodata is not None or self.nan == "ignore"

    def for_alpha(self) -> Rules:
        """Alpha is coverage: no value of it means that data is missing."""
        return self._replace(nodata=None, min_valid=None, mask=None, emit=None)

    def kept(self, result: Array | Ratio) -> Array:
        """The exact result as the dtype says, rounded once."""
        return cast(result, self.dtype, self.rounding)


class Layers(NamedTuple):
    """Values, the mask and the weights of every pixel, all of one shape."""

    values: Array
    mask: Array | None
    weights: Array | None

    def part(self, where: Any) -> Layers:
        """Some of the pixels."""
        mask = None if self.mask is None else self.mask[where]
        return Layers(
            self.values[where], mask, None if self.weights is None else self.weights[where]
        )


class Spot(NamedTuple):
    """Where a block is: which planes, pixels and cells are its own, of `source` of planes (*lead, *space)."""

    task: Task
    source: Any
    lead: tuple[int, ...]
    space: tuple[int, ...]
    cells: tuple[int, ...]

    @property
    def planes(self) -> Array:
        """The numbers of its planes."""
        numbers = np.asarray(np.arange(math.prod(self.lead)).reshape(self.lead)[self.source])
        return np.asarray(numbers[self.task.source[: numbers.ndim]])


class Pixels(NamedTuple):
    """Values; which of them count (None: all); how often each does (None: once); and where they are."""

    values: Array
    valid: Array | None
    weights: Array | None
    spot: Spot


def whole(alpha: Array) -> Array:
    """Alpha as weights: in whole steps, also where an earlier step has made other numbers of it."""
    if alpha.dtype.kind == "u" and alpha.dtype.itemsize <= 2:
        return alpha
    return np.clip(np.rint(np.nan_to_num(alpha.astype(np.float64))), 0, 65535).astype(np.uint16)


def layers_of(planes: Array, rules: Rules, weights: Array | None) -> Layers:
    return Layers(
        planes, None if rules.mask is None else np.broadcast_to(rules.mask, planes.shape), weights
    )


def pixels_of(block: Layers, rules: Rules, spot: Spot) -> Pixels:
    x, weights = (
        block.values.astype(block.values.dtype.newbyteorder("="), copy=False),
        block.weights,
    )
    valid = counting(x, block.mask, rules)
    if valid is None:
        return Pixels(x, None, None if weights is None else weights.astype(np.int64), spot)
    heavy = (
        valid.astype(np.int64) if weights is None else np.where(valid, weights, 0).astype(np.int64)
    )
    return Pixels(np.where(valid, x, np.ones((), x.dtype)), valid, heavy, spot)


def counting(x: Array, mask: Array | None, rules: Rules) -> Array | None:
    """Which values count; None stands for all."""
    missing = [] if mask is None else [~mask]
    if rules.nan == "ignore" and x.dtype.kind == "f":
        missing.append(np.isnan(x))
    if rules.nodata is not None:
        missing.append(
            np.isnan(x) if math.isnan(rules.nodata) else x == np.array(rules.nodata, x.dtype)
        )
    return ~reduce(np.logical_or, missing) if missing else None


def check_nodata(nodata: float | None, dtype: np.dtype[Any]) -> None:
    if nodata is None or dtype.kind == "f":
        return
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not (low <= nodata <= high and float(nodata).is_integer()):
        raise ValueRuleError(f"--nodata {nodata} is no {dtype} value ({low} to {high})")


def blank(rules: Rules, valid: Array | None, dtype: np.dtype[Any]) -> Array:
    """What an empty window gives: the nodata value, else NaN; no colour where all is transparent."""
    if rules.indexing is not None:
        return np.array(NOWHERE)
    nodata = rules.nodata if rules.empty is None else rules.empty
    if nodata is not None:
        return np.array(nodata, dtype)
    if valid is None:
        return np.array(0, dtype)
    return np.array(np.nan)
