"""Which axes are pooled: `layout`, or `axes` and `channel_axis` as in scikit-image."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from operator import index
from typing import NamedTuple, SupportsIndex

import numpy as np

from poolcli.errors import OptionTypeError, RequestError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout

SPACE = {1: "L", 2: "HW", 3: "DHW"}  # the letters of so many pooled axes, in their order


class Arrangement(NamedTuple):
    """How an array becomes a map: `layout` names its axes, once they are in the order `order`.

    The first `merged` of these axes are one axis of the map; `order` is None where nothing moves.
    """

    layout: str
    order: tuple[int, ...] | None = None
    merged: int = 1

    def arranged(self, x: Array) -> Array:
        """Return the array with its axes in the map's order."""
        if self.order is None:
            return x
        moved = x.transpose(self.order)
        return moved.reshape(-1, *moved.shape[self.merged :])

    def restored(self, result: FeatureMap, shape: tuple[int, ...]) -> Array:
        """Return a result with its axes in the order of the input, which had this shape."""
        if self.order is None:
            return result.data
        lead = tuple(shape[axis] for axis in self.order[: self.merged])
        if result.data.shape[0] != prod(lead):
            raise ShapeError("boxes need the axes N and C: pool an array of 4 axes")
        data = result.data.reshape(*lead, *result.data.shape[1:])
        if data.ndim < len(self.order):  # channels and cells are one axis now
            return data
        return data.transpose(np.argsort(self.order))


@lru_cache(maxsize=256)
def arrangement(
    ndim: int,
    layout: str | None,
    axes: tuple[int, ...] | None,
    channel_axis: int | None,
) -> Arrangement:
    """Return the arrangement of an array of `ndim` axes.

    >>> arrangement(3, None, None, -1).layout
    'HWC'
    >>> arrangement(4, None, (1, 2), None).layout
    'NHWC'
    >>> arrangement(5, None, (-2, -1), None)
    Arrangement(layout='NCHW', order=(0, 1, 2, 3, 4), merged=2)
    """
    if axes is None and channel_axis is None:
        return Arrangement(check_layout(layout, ndim) if layout else default_layout(ndim))
    if layout is not None:
        raise RequestError("`layout` names all axes: leave `axes` and `channel_axis` out")
    channel = (
        None if channel_axis is None else _normalized("channel_axis", (channel_axis,), ndim)[0]
    )
    pooled = _pooled_axes(axes, channel, ndim)
    others = [axis for axis in range(ndim) if axis not in pooled and axis != channel]
    if channel is None and others:
        channel = others.pop()
    letters = dict(zip(pooled, SPACE[len(pooled)], strict=True))
    if channel is not None:
        letters[channel] = "C"
    if len(others) < 2:
        letters.update(dict.fromkeys(others, "N"))
        return Arrangement("".join(letters[axis] for axis in range(ndim)))
    order = (*others, *sorted(letters))
    layout = "N" + "".join(letters[axis] for axis in order[len(others) :])
    return Arrangement(layout, order, len(others))


def _pooled_axes(axes: tuple[int, ...] | None, channel: int | None, ndim: int) -> tuple[int, ...]:
    """The axes to pool: those that are named, or all but that of the channels."""
    if axes is None:
        pooled = tuple(axis for axis in range(ndim) if axis != channel)
        hint = "give `axes`, too"
    else:
        pooled = _normalized("axes", axes, ndim)
        hint = "name 1 to 3 of them"
    if channel is not None and channel in pooled:
        raise RequestError(f"`channel_axis` is axis {channel}, which `axes` pools: leave it out")
    if len(pooled) not in SPACE:
        raise RequestError(f"1 to 3 axes are pooled, and these are {len(pooled)}: {hint}")
    return pooled


def _normalized(name: str, axes: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """Axes from 0 up; negative ones count from the end."""
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise RequestError(f"`{name}` {axis} is out of bounds: the array has {ndim} axes")
    found = tuple(axis % ndim for axis in axes)
    if len(set(found)) < len(found):
        raise RequestError(f"`{name}` {axes} names an axis twice")
    return found


def axis_numbers(axes: object, names: Sequence[str] = ()) -> tuple[int, ...]:
    """Return one axis or several as numbers; `names` are the dimensions of a labelled array."""
    several = axes if isinstance(axes, Sequence) and not isinstance(axes, str) else (axes,)
    return tuple(_number(axis, names) for axis in several)


def _number(axis: object, names: Sequence[str]) -> int:
    if isinstance(axis, str):
        if axis not in names:
            raise RequestError(f"axis {axis!r}: the array has no dimension of this name")
        return names.index(axis)
    if isinstance(axis, bool) or not isinstance(axis, SupportsIndex):
        raise OptionTypeError(f"axis {axis!r}: an axis is a whole number")
    return index(axis)
