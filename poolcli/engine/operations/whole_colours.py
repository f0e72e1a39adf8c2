"""Pooling that compares the colours of an image as wholes: all channels of a pixel at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.operation import Pooling
from poolcli.engine.operations.partial_operation import PartialOperation
from poolcli.engine.operations.pixels import BorderPixel, ValueRules, blank
from poolcli.engine.operations.transformed import Transformed
from poolcli.engine.reducers import folds
from poolcli.engine.reducers.values_of import one_of
from poolcli.engine.windows.plane_part import PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame

PIXEL = 40  # bytes for a pixel: its code, and what is sorted to find the codes of floats
Decode = Callable[[Array, Array], Array]  # codes and channels to values
Pool = Callable[[Array, ValueRules], Array]


@dataclass(frozen=True)
class WholeColours(Transformed):
    """A pooling that picks pixels, on one number for each colour, in the order of the colours.

    A pixel is left out where all of its channels are nodata, or one is masked, or NaN if NaN are
    ignored; of colours that hold a NaN the result is NaN.
    """

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """The numbers of all colours, and what the pooling takes."""
        whole = prod(frame.shape) * PIXEL
        inner = self.operation.load(frame, np.dtype(np.uint64), rules, weighed=weighed)
        return Load.of([Load(dtype.itemsize, PIXEL, whole, whole), inner])

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The result: the channels of colours, or numbers that are the same for all channels."""

        def pool(codes: Array, inner: ValueRules) -> Array:
            return self.operation(codes, frame, inner, weights)

        return self._pooled(planes, frame, rules, pool)

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """Some cells: all channels of them."""
        pooling = self.operation
        assert isinstance(pooling, PartialOperation)

        def pool(codes: Array, inner: ValueRules) -> Array:
            return pooling.pool_part(codes, part, inner, weights)

        return self._pooled(planes, part.frame, rules, pool)

    def _pooled(self, planes: Array, frame: Frame, rules: ValueRules, pool: Pool) -> Array:
        axis = -1 - len(frame.space)
        codes, nothing, decode, border = _encoded(planes, axis, rules)
        valid = self._valid(planes, axis, rules)
        mask = None if valid is None else np.broadcast_to(valid, planes.shape)
        codes = np.broadcast_to(codes, planes.shape)
        inner = rules._replace(mask=mask, nodata=(), nan="propagate", border=border)
        if rules.emit or rules.indexing:
            return pool(codes, inner._replace(empty=0))
        inner = inner._replace(dtype=codes.dtype, empty=nothing)
        pooled = pool(codes, inner)
        colours = decode(pooled, self._channels(frame, pooled))
        is_empty = pooled == nothing
        result = rules.cast(np.where(is_empty, np.zeros((), colours.dtype), colours))
        return np.where(is_empty, blank(rules, valid), result) if is_empty.any() else result

    @staticmethod
    def _valid(planes: Array, axis: int, rules: ValueRules) -> Array | None:
        """Which pixels count, with an axis of one channel."""
        if not rules.picky:
            return None
        counts = np.ones((), np.bool_)
        if rules.mask is not None:
            mask = np.broadcast_to(rules.mask, planes.shape)
            counts = counts & mask.all(axis, keepdims=True)
        if rules.nodata:
            counts = counts & ~one_of(planes, rules.nodata).all(axis, keepdims=True)
        if rules.nan == "ignore" and planes.dtype.kind == "f":
            counts = counts & ~np.isnan(planes).any(axis, keepdims=True)
        return counts

    def _channels(self, frame: Frame, pooled: Array) -> Array:
        """The channel that each number of the result belongs to."""
        numbers = np.arange(frame.channels or 1).reshape(-1, *(1,) * len(frame.space))
        if self.geometry(frame).frame.space:
            return np.broadcast_to(numbers, pooled.shape)
        planes = np.broadcast_to(numbers, frame.shape)
        if not isinstance(self.operation, Pooling):  # whose channels stay apart
            return np.broadcast_to(numbers, self.operation.geometry(frame).frame.shape)
        return Pooling(self.operation.place, folds.max)(planes, frame, ValueRules(np.int64))


Border = tuple[BorderPixel | None, ...]


def _encoded(planes: Array, axis: int, rules: ValueRules) -> tuple[Array, Any, Decode, Border]:
    """A number for each colour, with an axis of one channel; one that is none; the way back; and
    the border as numbers.
    """
    channels = np.split(planes, planes.shape[axis], axis)
    border = rules.with_counted_border(planes.dtype).border
    bits = 8 * planes.dtype.itemsize
    if planes.dtype.kind != "u" or bits * len(channels) >= 64:
        return _ranked(channels, border)
    dtype: np.dtype[Any] = np.dtype(np.uint32 if bits * len(channels) < 32 else np.uint64)
    codes = np.zeros((), dtype)
    for channel in channels:
        codes = (codes << dtype.type(bits)) | channel.astype(dtype)

    def decode(codes: Array, numbers: Array) -> Array:
        shifts = (bits * (len(channels) - 1 - numbers)).astype(dtype)
        values = (codes >> shifts) & dtype.type((1 << bits) - 1)
        return np.asarray(values.astype(planes.dtype))

    ones = sum(1 << (bits * channel) for channel in range(len(channels)))
    grays = tuple(each and each._replace(value=int(each.value) * ones) for each in border)
    return codes, np.iinfo(dtype).max, decode, grays


def _ranked(channels: list[Array], border: Border) -> tuple[Array, Any, Decode, Border]:
    """Each colour by its place among all that there are; NaN where a channel is."""
    shape = channels[0].shape
    grays = np.array([0 if each is None else each.value for each in border], channels[0].dtype)
    channels = [np.concatenate([channel.ravel(), grays]) for channel in channels]
    codes, colours = _ranks(channels[0])
    table = [colours]
    for channel in channels[1:]:
        more, values = _ranks(channel)
        pairs, codes = np.unique(codes * len(values) + more, return_inverse=True)
        codes = codes.reshape(channel.shape)
        first, last = np.divmod(pairs, len(values))
        table = [*(column[first] for column in table), values[last]]
    has_nan = np.any([np.isnan(channel) for channel in channels], axis=0)
    numbers = np.where(has_nan, np.nan, codes.astype(np.float64))
    rows = np.stack(table)

    def decode(codes: Array, channels: Array) -> Array:
        is_code = codes >= 0
        found = rows[channels, np.where(is_code, codes, 0).astype(np.int64)]
        return np.where(np.isnan(codes), np.nan, found) if np.isnan(codes).any() else found

    pixels, edges = np.split(numbers, [numbers.size - len(border)])
    coded = tuple(
        each and each._replace(value=float(edge)) for each, edge in zip(border, edges, strict=True)
    )
    return pixels.reshape(shape), -1.0, decode, coded


def _ranks(channel: Array) -> tuple[Array, Array]:
    values, ranks = np.unique(channel, return_inverse=True)
    return ranks.reshape(channel.shape).astype(np.int64), values
