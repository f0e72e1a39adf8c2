"""The transfer function of sRGB between the values of an image and linear light (IEC 61966-2-1)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.operation import Arguments
from poolcli.engine.operations.partial_operation import PartialOperation
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.operations.transformed import Transformed
from poolcli.engine.windows.plane_part import PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame

# Bytes of scratch for a pixel, counted from the arrays that are made: its light in float64, the
# result, and what the curve makes of it.
PIXEL = 40


def to_linear(x: Array) -> Array:
    """Linear light, 0 to 1 in float64, of values 0 to the maximum of their unsigned dtype.

    >>> to_linear(np.array([0, 188, 255], np.uint8)).round(3).tolist()
    [0.0, 0.503, 1.0]
    """
    high = np.iinfo(x.dtype).max
    levels = np.arange(high + 1) / high
    table = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return table[x]


def from_linear(light: Array, dtype: np.dtype[np.unsignedinteger]) -> Array:
    """Values 0 to the maximum of an unsigned dtype, not yet rounded, of linear light 0 to 1.

    >>> from_linear(np.array([0, 0.5, 1]), np.dtype(np.uint8)).round(1).tolist()
    [0.0, 187.5, 255.0]
    """
    light = np.maximum(light, 0)
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return curve * np.iinfo(dtype).max


@dataclass(frozen=True)
class InLinearLight(Transformed):
    """An operation on the linear light of sRGB values, whose result is sRGB again."""

    def load(
        self, frame: Frame, dtype: np.dtype[Any], rules: ValueRules, *, weighed: bool = False
    ) -> Load:
        """The light of the whole map at once, and what the operation takes."""
        whole = PIXEL * prod(frame.shape)
        inner = self.operation.load(frame, np.dtype(np.float64), rules, weighed=weighed)
        return Load.of([Load(dtype.itemsize, PIXEL, whole, whole), inner])

    def __call__(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The result of the operation."""
        light = self.operation(*self.arguments(planes, frame, rules, weights))
        return self.finished(light, rules, planes.dtype)

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """Some cells of the operation."""
        assert isinstance(self.operation, PartialOperation)
        values, _, inner, weights = self.arguments(planes, part.frame, rules, weights)
        light = self.operation.pool_part(values, part, inner, weights)
        return self.finished(light, rules, planes.dtype)

    @staticmethod
    def finished(light: Array, rules: ValueRules, dtype: np.dtype[Any]) -> Array:
        """The result of light, for values of a dtype."""
        return rules.cast(from_linear(light, dtype))

    def part_arguments(self, arguments: Arguments, lead: tuple[slice, ...]) -> Arguments:
        """The arguments of the operation for pixels of some planes."""
        del lead
        return self.arguments(*arguments)

    def arguments(
        self, planes: Array, frame: Frame, rules: ValueRules, weights: Array | None = None
    ) -> Arguments:
        """The arguments of the operation: the values and nodata as linear light."""

        def light(value: float) -> float:
            return float(to_linear(np.array(value, planes.dtype)))

        nodata = tuple(map(light, rules.nodata))
        rules = rules.with_border(lambda pixel: pixel._replace(value=light(pixel.value)))
        return to_linear(planes), frame, rules._replace(dtype=np.float64, nodata=nodata), weights
