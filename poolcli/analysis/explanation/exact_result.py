"""The result of one cell before it is rounded, computed in float64 by the reducer itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from poolcli.analysis.explanation.observed_window import ObservedWindow
from poolcli.engine.operations.operation import Pooling, TracedAxis
from poolcli.engine.operations.pixels import blank_value, masked_pixels
from poolcli.engine.operations.pool import pool
from poolcli.engine.windows.footprint import Footprint
from poolcli.engine.windows.grid import Axis, Grid, Taps
from poolcli.engine.windows.place import PlacedGrid
from poolcli.engine.windows.runs import Run


def exact_result(window: ObservedWindow) -> float:
    """The result of a window in float64."""
    if not isinstance(window.group.operation, Pooling):
        return _of_the_group(window)
    if window.trace.footprint:
        return _of_the_plane(window, window.trace.footprint)
    # Nodata and NaN are in `weights` and `mask` by now: the reducer must not look for them.
    empty = blank_value(window.rules)
    rules = window.rules._replace(
        dtype=np.float64, mask=window.valid, nodata=(), nan="propagate", empty=empty
    )
    axes = zip(window.trace.axes, window.sides, strict=True)
    patch = PlacedGrid(..., ..., Grid(tuple(_single_cell(*axis) for axis in axes)), 1)
    masked = masked_pixels(window.values, rules, window.weights)
    pooled, _ = pool(masked, patch, window.group.operation.reducer, rules)
    return float(pooled.item())


def _of_the_plane(window: ObservedWindow, footprint: Footprint) -> float:
    """The cell of the plane, by a grid that has no other."""
    planes, _, rules, weights = window.group.arguments
    cells = zip(window.trace.axes, window.trace.cell, strict=True)
    axes = [axis.cells_between(at, at + 1) for axis, at in cells if isinstance(axis, Axis)]
    placed = PlacedGrid(..., ..., Grid(tuple(axes), footprint), 1)
    masked = masked_pixels(planes, rules, weights).part(window.trace.plane)
    operation: Any = window.group.operation
    pooled, _ = pool(masked, placed, operation.reducer, rules._replace(dtype=np.float64))
    return float(pooled.item())


def _of_the_group(window: ObservedWindow) -> float:
    """The cell of the whole group, for operations that pool no windows."""
    planes, frame, rules, weights = window.group.arguments
    result = window.group.operation(planes, frame, rules._replace(dtype=np.float64), weights)
    return float(result[window.cell.index])


def _single_cell(line: TracedAxis, side: Taps) -> Axis:
    """The axis of a grid whose only window is this one."""
    assert isinstance(line, Axis)
    size = len(side.pixels)
    tail = len(side.window) - side.head - size
    run = Run(0, 1, 0, 1, size, side.extent, head=side.head, tail=tail)
    return replace(line, cells=1, runs=(run,), border=None)
