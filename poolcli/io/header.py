"""What is known of a file before its pixels are read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.maps.feature_map import Form


class Header(NamedTuple):
    """One map of a file: what `read` would give, and what an image says about itself.

    `mode` is Pillow's word ('' for an array), `palette` the number of its colours (0: none),
    `palette_alpha` whether some may be transparent,
    `orientation` the EXIF turn that reading undoes (1: upright); `shape` is the shape after it;
    `spacing` is the size of a pixel on each spatial axis, with its unit, in a stack that tells it.
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
        """The form of the map that `read` would give."""
        return Form(
            self.shape, np.dtype(self.dtype), self.layout, "PA" if self.palette_alpha else self.mode
        )


class Peek(NamedTuple):
    """The format a file's content has ('png', 'npy', ...) and its maps in file order."""

    format: str
    maps: tuple[Header, ...]
