"""What is known of a file before its pixels are read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.maps.feature_map import Form


class Header(NamedTuple):
    """One map of a file, without its values, and what an image says about itself.

    `mode` is Pillow's mode ('' for an array), `palette` the number of its colours (0: none) and
    `palette_alpha` whether some may be transparent. `orientation` is the EXIF orientation that
    reading undoes (1: upright); `shape` is the shape after that. `spacing` is the size of a pixel
    on each spatial axis with its unit, in a stack that has one.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: str
    mode: str = ""
    icc: bool = False
    orientation: int = 1
    dpi: tuple[float, float] | None = None
    palette: int = 0
    palette_alpha: bool = False
    spacing: tuple[tuple[float, str], ...] = ()

    @property
    def form(self) -> Form:
        """The form of the map that reading gives."""
        mode = "PA" if self.palette_alpha else self.mode
        return Form(self.shape, np.dtype(self.dtype), self.layout, mode)


class Peek(NamedTuple):
    """The format that a file's content has ('png', 'npy', ...), and its maps in file order."""

    format: str
    maps: tuple[Header, ...]
