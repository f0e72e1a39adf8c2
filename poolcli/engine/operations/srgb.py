"""sRGB's curve between the numbers of an image and light (IEC 61966-2-1)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.tasks import Load
from poolcli.engine.operations.operation import Given, Operation, Sight
from poolcli.engine.operations.pixels import Rules
from poolcli.engine.windows.place import Geometry
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size

PIXEL = 40  # bytes that a pixel takes in light and on the way back


def to_linear(x: Array) -> Array:
    """Whole numbers 0..max of their dtype to linear light 0..1."""
    high = np.iinfo(x.dtype).max
    levels = np.arange(high + 1) / high
    table = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return table[x]


def from_linear(light: Array, dtype: np.dtype[np.unsignedinteger]) -> Array:
    """Linear light 0..1 to 0..max of an unsigned dtype, not yet rounded."""
    light = np.maximum(light, 0)
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return curve * np.iinfo(dtype).max


@dataclass(frozen=True)
class InLinearLight:
    """An operation done in linear light."""

    operation: Operation

    def geometry(self, frame: Frame) -> Geometry:
        return self.operation.geometry(frame)

    def sight(self, frame: Frame, cell: Size, weights: Array | None = None) -> Sight | None:
        return self.operation.sight(frame, cell, weights)

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: Rules, *, weighed: bool = False
    ) -> Load:
        """All light is there at once."""
        whole = PIXEL * prod(frame.shape)
        inner = self.operation.load(frame, np.dtype(np.float64), rules, weighed=weighed)
        return Load.of([Load(dtype.itemsize, PIXEL, whole, whole), inner])

    def __call__(
        self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None
    ) -> Array:
        light = self.operation(*self.given(planes, frame, rules, weights))
        return rules.kept(from_linear(light, planes.dtype))

    def given(
        self, planes: Array, frame: Frame, rules: Rules, weights: Array | None = None
    ) -> Given:
        """What the operation is given."""
        nodata = (
            None if rules.nodata is None else float(to_linear(np.array(rules.nodata, planes.dtype)))
        )
        return to_linear(planes), frame, rules._replace(dtype=np.float64, nodata=nodata), weights
