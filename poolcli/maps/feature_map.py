"""A map: an array, what its axes are, and what must survive the trip from file to file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from poolcli.errors import ShapeError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame
from poolcli.maps.layout import places, shape_words, space_axes

WITH_ALPHA = ("LA", "RGBA", "RGBA;16")


class Picture(NamedTuple):
    """What an image carries besides pixels.

    `mode` is Pillow's word for what the array holds:

    ====================  =======  ======  ==========================================
    mode                  dtype    layout  notes
    ====================  =======  ======  ==========================================
    1                     bool     HW
    L, P                  uint8    HW      P: indices into `palette`
    LA, RGB, RGBA, CMYK   uint8    HWC     alpha, where there is one, is the last channel
    YCbCr, LAB, HSV       uint8    HWC     LAB: a* and b* are counted from 128
    I;16                  uint16   HW
    I                     int32    HW
    F                     float32  HW
    RGB;16, RGBA;16       uint16   HWC     not Pillow's: a TIFF of 16 bits a colour
    ND                    any      any     not Pillow's: a stack whose axes have names
    ====================  =======  ======  ==========================================

    `palette` is RGB triples, `palette_alpha` one byte an entry (or None: all opaque).
    `icc` and `exif` are the raw blocks, `dpi` dots per inch (x, y), `format` Pillow's name of the
    file's format, `extras` pairs a writer of the same format wants back (duration, loop, compression ...).
    """

    mode: str
    palette: bytes | None = None
    palette_alpha: bytes | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = "PNG"
    extras: tuple[tuple[str, Any], ...] = ()

    @property
    def has_alpha(self) -> bool:
        return self.mode in WITH_ALPHA

    def colours(self) -> Array:
        """The palette as 256 rows of RGB, or of RGBA where an entry is transparent."""
        table = np.zeros((256, 3), np.uint8)
        entries = np.frombuffer(self.palette or b"", np.uint8).reshape(-1, 3)[:256]
        table[: len(entries)] = entries
        if self.palette_alpha is None:
            return table
        alpha = np.full((256, 1), 255, np.uint8)
        alpha[: len(self.palette_alpha), 0] = np.frombuffer(self.palette_alpha, np.uint8)[:256]
        return np.concatenate([table, alpha], axis=1)


class Form(NamedTuple):
    """What a map is, without its values: enough to plan."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str
    mode: str = ""

    @property
    def space(self) -> tuple[int, ...]:
        """Sizes of the spatial axes, depth before height before width."""
        return self.frame.space

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def frame(self) -> Frame:
        """The sizes of the planes: batch, channels, space."""
        return _frame(self.shape, self.layout)

    def spot(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """An index into the array as one into the planes of its frame."""
        return tuple(index[axis] for axis in places(_letters(self.frame, self.layout), self.layout))

    def framed(self, frame: Frame, dtype: np.dtype[Any]) -> Form:
        """The form of planes of this frame, its axes in the order of this one's."""
        layout = _relaid(self.layout, frame)
        sizes = dict(zip(_letters(frame, self.layout), frame.shape, strict=True))
        return self._replace(
            shape=tuple(sizes[letter] for letter in layout), dtype=dtype, layout=layout
        )

    def expanded(self) -> Form:
        """The form arithmetic needs: a palette's colours, a bit's two levels of gray."""
        if self.mode == "1":
            return self._replace(mode="L", dtype=np.dtype(np.uint8))
        if self.mode in ("P", "PA"):
            colours = 3 if self.mode == "P" else 4
            mode = "RGB" if colours == 3 else "RGBA"
            return Form((*self.shape, colours), np.dtype(np.uint8), self.layout + "C", mode)
        return self


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """An array with a name for each axis: N (batch), C (channels), D, H, W (space) or L (a line).

    `picture` is None for a plain array. `name` tells the maps of one file apart: an array's name in an
    .npz, a page's number ("0", "1", ...) in an image of several pages, and "" where there is only one.
    `spacing` is the size of a pixel on each spatial axis with its unit, where the file tells it.
    """

    data: Array
    layout: str
    picture: Picture | None = None
    name: str = ""
    spacing: tuple[tuple[float, str], ...] = ()

    @cached_property
    def form(self) -> Form:
        mode = self.picture.mode if self.picture else ""
        see_through = self.picture is not None and self.picture.palette_alpha is not None
        dtype = self.data.dtype.newbyteorder("=")
        return Form(
            self.data.shape, dtype, self.layout, "PA" if mode == "P" and see_through else mode
        )

    def expanded(self) -> FeatureMap:
        """The map arithmetic needs: a palette's colours, a bit's two levels of gray."""
        if self.picture is None or self.picture.mode not in ("1", "P"):
            return self
        form = self.form.expanded()
        picture = self.picture._replace(mode=form.mode, palette=None, palette_alpha=None)
        levels = np.array([0, 255], np.uint8) if form.mode == "L" else self.picture.colours()
        return replace(
            self, data=levels[self.data.astype(np.uint8)], layout=form.layout, picture=picture
        )

    def planes(self) -> Array:
        """The values as `form.frame` says, (batch, channels, depth, height, width): a view."""
        return self.data.transpose(places(_letters(self.form.frame, self.layout), self.layout))

    def planes_of(self, array: Array) -> Array:
        """The planes of an array that lies over this map; over an image, with its channels first."""
        planes = self.planes()
        shape = planes.shape if self.picture else self.data.shape
        if array.shape != shape:
            raise ShapeError(
                f"its shape is {shape_words(array.shape)}, and the map's {shape_words(shape)}"
            )
        return array if self.picture else self.with_data(array).planes()

    def with_planes(self, planes: Array, frame: Frame) -> FeatureMap:
        """The map with these planes, its axes in the order they had."""
        letters, layout = _letters(frame, self.layout), _relaid(self.layout, frame)
        return self.with_data(planes.transpose(places(layout, letters)), layout=layout)

    def measured(self) -> FeatureMap:
        """The map with a size for its pixels: 1, where the file tells none."""
        return replace(self, spacing=self.spacing or ((1.0, ""),) * len(space_axes(self.layout)))

    def scaled(self, stride: Sequence[Fraction]) -> FeatureMap:
        """The map with pixels so many times as large; without their size where it has lost its axes."""
        if not self.spacing:
            return self
        fits = len(stride) == len(self.spacing) == len(space_axes(self.layout))
        pairs = zip(self.spacing, stride, strict=True) if fits else ()
        return replace(
            self, spacing=tuple((size * float(step), unit) for (size, unit), step in pairs)
        )

    def with_data(self, data: Array, **changes: Any) -> FeatureMap:
        """The same map with other values."""
        return replace(self, data=data, **changes)


@lru_cache(maxsize=64)
def _frame(shape: tuple[int, ...], layout: str) -> Frame:
    batch, channels = (shape[layout.index(each)] if each in layout else None for each in "NC")
    return Frame(batch, channels, tuple(shape[axis] for axis in space_axes(layout)))


@lru_cache(maxsize=64)
def _letters(frame: Frame, layout: str) -> str:
    """The letters of a frame's axes, in its order."""
    lead = ("N" if frame.batch is not None else "") + ("C" if frame.channels is not None else "")
    return lead + ("".join(layout[axis] for axis in space_axes(layout)) if frame.space else "")


@lru_cache(maxsize=64)
def _relaid(layout: str, frame: Frame) -> str:
    """A layout with the axes of a frame: those that stay in their order, a new batch first, new channels last."""
    letters = _letters(frame, layout)
    kept = "".join(letter for letter in layout if letter in letters)
    return (
        ("N" if "N" in letters and "N" not in kept else "")
        + kept
        + ("C" if "C" in letters and "C" not in kept else "")
    )


def check_values(dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Refuse what no pooling is defined for."""
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise ValueRuleError(
            f"an array of {dtype} cannot be pooled: whole, real and bool numbers up to 64 bits can"
        )
    if not shape or 0 in shape:
        raise ShapeError(f"an array of shape {shape_words(shape) or '()'} has nothing to pool")
