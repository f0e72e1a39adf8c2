"""The window that one cell is computed from: its pixels, which of them count, and how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np

from poolcli.analysis.explanation.group_cell import GroupCell
from poolcli.engine.operations.area_pooling import AreaPooling
from poolcli.engine.operations.bordered import along_axis
from poolcli.engine.operations.normalize import Normalized
from poolcli.engine.operations.operation import Trace, TracedAxis
from poolcli.engine.operations.pixels import (
    ValueRules,
    counting,
    masked_pixels,
)
from poolcli.engine.operations.srgb import InLinearLight
from poolcli.engine.windows.border import ABSENT, Border
from poolcli.engine.windows.grid import Axis, Taps
from poolcli.maps.array import Array
from poolcli.pipeline.alpha import PlaneGroup
from poolcli.pipeline.configuration import Configuration


@dataclass(frozen=True, eq=False)
class ObservedWindow:
    """The window of one cell in the planes of a group.

    `values`, `valid` and `weights` have the window's shape. `valid` is None where every pixel
    counts. `weights` say how often a pixel counts, 0 where it does not; None where each counts
    once. `group` has the values as the reducer takes them: normalized, or as linear light, where
    the step asks for it. `taps` is True where the window has a tap that is a pixel; None where
    every one is.
    """

    cell: GroupCell
    group: PlaneGroup
    trace: Trace
    sides: tuple[Taps, ...]
    values: Array
    valid: Array | None
    weights: Array | None
    taps: Array | None = None

    @property
    def step(self) -> Configuration:
        """The step that pools the group: alpha may be pooled by another than the colours."""
        return self.group.step

    @property
    def rules(self) -> ValueRules:
        rules: ValueRules = self.group.arguments[2]
        return rules

    @property
    def count(self) -> float:
        """The number of pixels that count, each as often as it does, or the area of them."""
        if self.weights is None:
            return self.values.size
        total: float = self.weights.sum().item()
        return total

    @property
    def size(self) -> int:
        """The number of taps that are pixels."""
        return self.values.size if self.taps is None else int(self.taps.sum())

    @property
    def is_area(self) -> bool:
        """Whether pixels count by the part of them that is inside."""
        return isinstance(self.group.operation, AreaPooling)

    @property
    def valid_taps(self) -> Array:
        """Whether each tap that is a pixel is valid."""
        valid = np.True_ if self.valid is None else self.valid
        valid = np.broadcast_to(valid, self.values.shape)
        return valid.ravel() if self.taps is None else valid[self.taps]

    @property
    def kernel(self) -> int:
        """The number of taps of a whole window."""
        footprint = self.trace.footprint
        return footprint.count if footprint else prod(len(side.window) for side in self.sides)

    @property
    def padding(self) -> int:
        """The number of taps in the padding."""
        if self.trace.footprint:
            return self._taps_where(_in_padding) - self.size
        return prod(side.extent for side in self.sides) - self.values.size

    @property
    def has_border(self) -> bool:
        """Whether windows read pixels of a border along any axis."""
        return any(
            isinstance(axis, Axis) and axis.border and axis.border.mode != "clip"
            for axis in self.trace.axes
        )

    @property
    def inside_map(self) -> int:
        """The number of taps that lie inside the map."""
        if self.trace.footprint:
            return self._taps_where(_in_map)
        sides = zip(self.trace.axes, self.sides, strict=True)
        return prod(_inside(*side) for side in sides)

    def _taps_where(self, test: Callable[[Border, Array], Array]) -> int:
        """How many taps of the footprint pass a test along every axis."""
        passed = [
            test(axis.border, np.asarray(side.window))
            for axis, side in zip(self.trace.axes, self.sides, strict=True)
            if isinstance(axis, Axis) and axis.border
        ]
        assert self.trace.footprint
        return int((reduce(np.logical_and.outer, passed) & self.trace.footprint.taps).sum())

    @property
    def counted(self) -> Array:
        """The values that count, in the order of the window, as one axis."""
        return self.values.ravel() if self.weights is None else self.values[self.weights > 0]

    @property
    def counted_weights(self) -> Array | None:
        """The weights of the values that count, None where all are 1."""
        if self.weights is None:
            return None
        weights = self.weights[self.weights > 0]
        return None if (weights == 1).all() else weights

    @property
    def shares(self) -> Array | None:
        """The share of each pixel in an interpolation or a filter; None for other operations."""
        if any(side.shares is None for side in self.sides):
            return None
        shares: Array = reduce(np.multiply.outer, [np.array(side.shares) for side in self.sides])
        return shares


def observe(cell: GroupCell) -> ObservedWindow | None:
    """The window of a cell as the reducer takes it; None for a cell that reads no pixel."""
    group = _innermost(cell.group)
    planes, frame, rules, weights = group.arguments
    trace = group.operation.trace(frame, cell.index, weights)
    if trace is None:
        return None
    sides = tuple(line.taps_of(at) for line, at in zip(trace.axes, trace.cell, strict=True))
    if group.step.op.overlay:  # the array beside a map of `unpool` is not weights but indices
        weights = None
    block = masked_pixels(planes, rules, weights).part(trace.plane)
    for axis, side in enumerate(sides, start=-len(sides)):
        block = along_axis(block, axis, side.pixels, rules)
    taps = _taps(trace, sides)
    valid = counting(block.values, block.mask, rules)
    if taps is not None:
        counts = taps if valid is None else taps & valid
        valid = None if (counts == taps).all() else valid
        weights = _counting_weights(counts, block.weights)
    else:
        weights = _counting_weights(valid, block.weights)
    if isinstance(group.operation, AreaPooling):
        inside = reduce(np.multiply.outer, [np.array(side.shares) for side in sides])
        weights = inside if weights is None else inside * weights
    return ObservedWindow(cell, group, trace, sides, block.values, valid, weights, taps)


def _taps(trace: Trace, sides: Sequence[Taps]) -> Array | None:
    """Where a window with a footprint has taps that are pixels."""
    if trace.footprint is None:
        return None
    present = [np.asarray(side.pixels) != ABSENT for side in sides]
    taps: Array = reduce(np.logical_and.outer, present) & trace.footprint.taps
    return taps


def _innermost(group: PlaneGroup) -> PlaneGroup:
    """The group inside of normalization and of the conversion to linear light."""
    while isinstance(group.operation, (Normalized, InLinearLight)):
        outer = group.operation
        group = group._replace(
            operation=outer.operation, arguments=outer.arguments(*group.arguments)
        )
    return group


def _counting_weights(valid: Array | None, weights: Array | None) -> Array | None:
    """The weights, 0 where a pixel is not valid; a pixel without a weight counts once."""
    if valid is None:
        return weights
    if weights is None:
        return valid.astype(np.uint8)
    return np.where(valid, weights, np.zeros((), weights.dtype))


def _inside(axis: TracedAxis, side: Taps) -> int:
    """How many taps of a window lie inside the map along an axis."""
    if not isinstance(axis, Axis) or axis.border is None:
        return len(side.pixels)
    return sum(0 <= at < axis.border.length for at in side.window)


def _in_map(border: Border, at: Array) -> Array:
    return (at >= 0) & (at < border.length)


def _in_padding(border: Border, at: Array) -> Array:
    return (at >= -border.before) & (at < border.length + border.after)
