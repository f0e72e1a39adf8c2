"""What is known of a file before its pixels are read, and before its results are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from poolcli.maps.facts import Facts
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.picture import Picture

NO_FACTS: Mapping[str, object] = {}


class Header(NamedTuple):
    """One map of a file, without its values.

    `picture` is what an image's pixels mean (None: an array), as far as it is known without them.
    `orientation` is the EXIF orientation that reading undoes (1: upright); `shape` is the shape
    after that. `chunks` is the shape of the regions that are read or written at little cost, None
    where the map is one region.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: str
    picture: Picture | None = None
    facts: Facts = NO_FACTS
    orientation: int = 1
    chunks: tuple[int, ...] | None = None

    @property
    def mode(self) -> str:
        """Pillow's mode, '' for an array."""
        return self.picture.mode if self.picture else ""

    @property
    def form(self) -> Form:
        """The form of the map that reading gives."""
        has_alpha = self.mode == "P" and self.picture and self.picture.palette_alpha is not None
        mode = "PA" if has_alpha else self.mode
        return Form(self.shape, np.dtype(self.dtype), self.layout, mode)

    @classmethod
    def of(cls, one: FeatureMap) -> Header:
        """The header of a map."""
        form = one.form
        return cls(one.name, form.shape, form.dtype.name, form.layout, one.picture, one.facts)


class Peek(NamedTuple):
    """The format that a file's content has ('png', 'npy', ...), and its maps in file order."""

    format: str
    maps: tuple[Header, ...]
