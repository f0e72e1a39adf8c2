"""A map: an array, the names of its axes, and what it carries from file to file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from poolcli.errors import DtypeError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.facts import Facts
from poolcli.maps.frame import Frame
from poolcli.maps.layout import axes_of, shape_words, space_axes
from poolcli.maps.picture import COLOURS, Picture
from poolcli.maps.pooled_facts import carried
from poolcli.maps.sampling import Sampling


class Form(NamedTuple):
    """A map without its values: enough to plan."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str
    mode: str = ""

    @property
    def space(self) -> tuple[int, ...]:
        """Sizes of the spatial axes, depth before height before width."""
        return _frame(self.shape, self.layout).space

    @property
    def has_colours(self) -> bool:
        """Whether its channels are the parts of a colour, as those of an image are."""
        return self.mode in COLOURS

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def frame(self) -> Frame:
        """The sizes of the planes: batch, channels, space."""
        return _frame(self.shape, self.layout)

    def plane_index(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """An index into the array as an index into its planes."""
        letters = _frame_layout(self.frame, self.layout)
        return tuple(index[axis] for axis in axes_of(letters, self.layout))

    def framed(self, frame: Frame, dtype: np.dtype[Any]) -> Form:
        """The form of planes of another frame, with axes in the order of this form's."""
        layout = _layout_with(self.layout, frame)
        sizes = dict(zip(_frame_layout(frame, self.layout), frame.shape, strict=True))
        shape = tuple(sizes[letter] for letter in layout)
        return self._replace(shape=shape, dtype=dtype, layout=layout)

    def of_numbers(self) -> Form:
        """The form of numbers that were computed of palette indices or bits, and are neither."""
        return self._replace(mode="") if self.mode in ("1", "P", "PA") else self

    def expanded(self) -> Form:
        """The form for arithmetic: a palette as its colours, bits as gray."""
        uint8 = np.dtype(np.uint8)
        if self.mode == "1":
            return self._replace(mode="L", dtype=uint8)
        if self.mode == "P":
            return Form((*self.shape, 3), uint8, self.layout + "C", "RGB")
        if self.mode == "PA":
            return Form((*self.shape, 4), uint8, self.layout + "C", "RGBA")
        return self


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """An array with a letter for each axis: N (batch), C (channels), D, H, W (space) or L (a line).

    `picture` is None for a plain array. `name` distinguishes the maps of one file: an array's name
    in an .npz, a page's number ("0", "1", ...) in an image of several, else "". `facts` is what
    its file says beside the values: see `poolcli/maps/facts.py`.
    """

    data: Array
    layout: str
    picture: Picture | None = None
    name: str = ""
    facts: Facts = field(default_factory=dict)

    @cached_property
    def form(self) -> Form:
        mode = self.picture.mode if self.picture else ""
        if mode == "P" and self.picture and self.picture.palette_alpha is not None:
            mode = "PA"
        dtype = self.data.dtype
        native = dtype if dtype.isnative else dtype.newbyteorder("=")
        return Form(self.data.shape, native, self.layout, mode)

    def expanded(self) -> FeatureMap:
        """The map for arithmetic: a palette as its colours, bits as gray."""
        if self.picture is None or self.picture.mode not in ("1", "P"):
            return self
        form = self.form.expanded()
        picture = self.picture._replace(mode=form.mode, palette=None, palette_alpha=None)
        levels = np.array([0, 255], np.uint8) if form.mode == "L" else self.picture.colours()
        data = levels[self.data.astype(np.uint8)]
        return replace(self, data=data, layout=form.layout, picture=picture)

    def planes(self) -> Array:
        """A view of the values as (batch, channels, depth, height, width), as `form.frame` says."""
        letters = _frame_layout(self.form.frame, self.layout)
        if letters == self.layout:
            return self.data
        return self.data.transpose(axes_of(letters, self.layout))

    def planes_in(self, array: Array, frame: Frame) -> Array:
        """A view of an array as planes of another frame, which `with_planes` makes a map of."""
        letters, layout = _frame_layout(frame, self.layout), _layout_with(self.layout, frame)
        return array.transpose(axes_of(letters, layout))

    def planes_of(self, array: Array) -> Array:
        """The planes of an array of this map's shape; for an image, with channels first."""
        planes = self.planes()
        shape = planes.shape if self.picture else self.data.shape
        if array.shape != shape:
            raise ShapeError(
                f"its shape is {shape_words(array.shape)}, and the map's {shape_words(shape)}"
            )
        return array if self.picture else self.with_data(array).planes()

    def with_planes(self, planes: Array, frame: Frame) -> FeatureMap:
        """The map with other planes, its axes in the order that they have."""
        letters, layout = _frame_layout(frame, self.layout), _layout_with(self.layout, frame)
        data = planes if letters == layout else planes.transpose(axes_of(layout, letters))
        return FeatureMap(data, layout, self.picture, self.name, self.facts)

    def carrying(self, sampling: Sampling) -> FeatureMap:
        """The map with its facts changed by how its pixels were sampled."""
        return replace(self, facts=carried(self.facts, sampling)) if self.facts else self

    def with_data(self, data: Array) -> FeatureMap:
        """The same map with other values."""
        return FeatureMap(data, self.layout, self.picture, self.name, self.facts)


@lru_cache(maxsize=64)
def _frame(shape: tuple[int, ...], layout: str) -> Frame:
    sizes = dict(zip(layout, shape, strict=True))
    space = tuple(shape[axis] for axis in space_axes(layout))
    return Frame(sizes.get("N"), sizes.get("C"), space)


@lru_cache(maxsize=64)
def _frame_layout(frame: Frame, layout: str) -> str:
    """The letters of a frame's axes, in its order."""
    batch = "N" if frame.batch is not None else ""
    channels = "C" if frame.channels is not None else ""
    space = "".join(layout[axis] for axis in space_axes(layout)) if frame.space else ""
    return batch + channels + space


@lru_cache(maxsize=64)
def _layout_with(layout: str, frame: Frame) -> str:
    """A layout with the axes of a frame: a new batch first, kept axes, new channels last."""
    letters = _frame_layout(frame, layout)
    kept = "".join(letter for letter in layout if letter in letters)
    batch = "N" if "N" in letters and "N" not in kept else ""
    channels = "C" if "C" in letters and "C" not in kept else ""
    return batch + kept + channels


def check_values(dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Raise for a dtype or shape that cannot be pooled."""
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise DtypeError(
            f"an array of {dtype} cannot be pooled: whole, real and bool numbers up to 64 bits can"
        )
    if not shape or 0 in shape:
        raise ShapeError(f"an array of shape {shape_words(shape) or '()'} has nothing to pool")
