"""One cell looked at: the pixels it is made of, which of them count, and by which rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import prod

import numpy as np

from poolcli.engine.operations.normalize import Normalized
from poolcli.engine.operations.operation import Line, Pooling, Sight
from poolcli.engine.operations.pixels import Rules, counting
from poolcli.engine.operations.pool import pool
from poolcli.engine.operations.srgb import InLinearLight
from poolcli.engine.windows.grid import Axis, Grid, Run, Taps
from poolcli.engine.windows.place import PlacedGrid
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Frame, Size
from poolcli.pipeline.step import Layer, Step


@dataclass(frozen=True)
class Home:
    """Where a layer's planes are in the map it was cut out of."""

    layer: Layer
    cell: Size
    alpha: int | None = None

    @property
    def frame(self) -> Frame:
        frame: Frame = self.layer.arguments[1]
        return frame

    def plane(self, plane: Size) -> tuple[int | None, int | None]:
        """A plane of the layer as batch and channel of the map."""
        numbers = iter(plane)
        batch, channel = (
            None if size is None else next(numbers)
            for size in (self.frame.batch, self.frame.channels)
        )
        return batch, channel if self.alpha is None else self.alpha


def layer_of(step: Step, fmap: FeatureMap, cell: Size) -> Home:
    """The layer that makes a number of the result, and the number's index in what the layer makes."""
    taken, layers = step.layers(fmap)
    if len(layers) == 1:
        return Home(layers[0], cell)
    frame = taken.form.frame
    alpha, result = (frame.channels or 1) - 1, step.operation.geometry(frame).frame
    if not result.space:
        return _flat(step, layers, cell, frame)
    at = len(result.lead) - 1
    if cell[at] < alpha:
        return Home(layers[0], cell)
    return Home(layers[1], (*cell[:at], 0, *cell[at + 1 :]), alpha)


def _flat(step: Step, layers: Sequence[Layer], cell: Size, frame: Frame) -> Home:
    """A number among those of colours and alpha that are laid out flat."""
    channels, alpha = step.channels(frame), (frame.channels or 1) - 1
    is_alpha = bool(channels[cell] == alpha)
    same = ((channels == alpha) == is_alpha).ravel()
    layer = layers[is_alpha]
    made = layer.operation.geometry(layer.arguments[1]).frame.shape
    number = same[: int(np.ravel_multi_index(cell, channels.shape))].sum()
    return Home(layer, tuple(map(int, np.unravel_index(number, made))), alpha if is_alpha else None)


@dataclass(frozen=True, eq=False)
class Look:
    """What one cell is made of: a window of the layer's planes.

    `values`, `valid` and `weights` are of the window's shape, `weights` 0 where a pixel does not count and None where
    all count once.
    """

    home: Home
    layer: Layer
    sight: Sight
    sides: tuple[Taps, ...]
    values: Array
    valid: Array | None
    weights: Array | None

    @property
    def step(self) -> Step:
        """The step in whose words it is told."""
        return self.layer.step

    @property
    def rules(self) -> Rules:
        rules: Rules = self.layer.arguments[2]
        return rules

    @property
    def count(self) -> int:
        """The pixels that count, each as often as it does."""
        return int(self.values.size if self.weights is None else self.weights.sum())

    @property
    def padding(self) -> int:
        """Taps in the padding, which only an average counts."""
        return prod(side.extent for side in self.sides) - self.values.size

    @property
    def seen(self) -> Array:
        """The values that count, in the order of the window."""
        return self.values.ravel() if self.weights is None else self.values[self.weights > 0]

    @property
    def heavy(self) -> Array | None:
        """How often each of them counts, unless all do so once."""
        weights = None if self.weights is None else self.weights[self.weights > 0]
        return None if weights is None or (weights == 1).all() else weights

    @property
    def shares(self) -> Array | None:
        """What is taken of each pixel, where that is not all of it."""
        if any(side.shares is None for side in self.sides):
            return None
        whole: Array = reduce(np.multiply.outer, [np.array(side.shares) for side in self.sides])
        return whole

    def exact(self) -> float:
        """The result of the window before it is rounded, by the reducer itself."""
        if not isinstance(self.layer.operation, Pooling):
            planes, frame, rules, weights = self.layer.arguments
            whole = self.layer.operation(planes, frame, rules._replace(dtype=np.float64), weights)
            return float(whole[self.home.cell])
        rules = self.rules._replace(
            dtype=np.float64, mask=self.valid, nodata=None, nan="propagate", empty=self.rules.nodata
        )
        axes = tuple(_alone(*axis) for axis in zip(self.sight.lines, self.sides, strict=True))
        patch = PlacedGrid(..., ..., Grid(axes), 1)
        return float(
            pool(self.values, patch, self.layer.operation.reducer, rules, self.weights).item()
        )


def _alone(line: Line, side: Taps) -> Axis:
    """The one window as all there is of its axis."""
    assert isinstance(line, Axis)
    size, window = len(side.pixels), list(side.window)
    head = window.index(side.pixels[0])
    run = Run(0, 1, 0, 1, size, side.extent, head=head, tail=len(window) - head - size)
    return replace(line, cells=1, runs=(run,))


def look(home: Home) -> Look | None:
    """The cell's window as the reducer sees it, on the scale and in the light asked for; None where there is none."""
    layer = home.layer
    while isinstance(layer.operation, (Normalized, InLinearLight)):
        layer = layer._replace(
            operation=layer.operation.operation, arguments=layer.operation.given(*layer.arguments)
        )
    planes, frame, rules, weights = layer.arguments
    sight = layer.operation.sight(frame, home.cell, weights)
    if sight is None:
        return None
    sides = tuple(line.taps_of(at) for line, at in zip(sight.lines, sight.cell, strict=True))
    window = _window(planes, sight, sides)
    valid = counting(
        window, None if rules.mask is None else _window(rules.mask, sight, sides), rules
    )
    heavy = None if weights is None or layer.step.op.beside else _window(weights, sight, sides)
    if valid is not None:
        heavy = (
            valid.astype(np.uint8)
            if heavy is None
            else np.where(valid, heavy, np.zeros((), heavy.dtype))
        )
    return Look(home, layer, sight, sides, window, valid, heavy)


def _window(planes: Array, sight: Sight, sides: Sequence[Taps]) -> Array:
    window: Array = planes[sight.plane][np.ix_(*(side.pixels for side in sides))]
    return window
