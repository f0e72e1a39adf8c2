"""Drawings side by side in a terminal, as large as there is room, and what is told of each below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import prod
from textwrap import wrap

import numpy as np

from poolcli.analysis.picture.colour import has_colours
from poolcli.analysis.picture.render import Drawing, render
from poolcli.analysis.picture.screen import Screen
from poolcli.analysis.picture.terminal import encoded
from poolcli.api import pool
from poolcli.errors import plain
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words

NARROWEST = 28  # letters across, for a picture beside another
GAP = 2
LEAST = 24  # pixels across and down, for a plane that has so many
MOST = 64
_BELOW = 5  # rows of the screen that the words under a picture take, and the line that the shell writes next


@dataclass(frozen=True, eq=False)
class Panel:
    """A drawing, and the lines below it."""

    drawing: Drawing
    lines: tuple[str, ...]


def panel(title: str, fmap: FeatureMap, most: int) -> Panel:
    """A map drawn with at most so many planes, and below it its title, its shape and type, and its range."""
    drawing = render(fmap, most=most)
    kind = fmap.form.mode if has_colours(fmap.form) else f"{fmap.data.dtype} {fmap.layout}"
    return Panel(drawing, (plain(title), f"{shape_words(fmap.data.shape)} {kind}", drawing.words))


def told(maps: Sequence[tuple[str, FeatureMap]]) -> str:
    """What there is to tell where nothing is shown, a line a map."""
    return "\n".join(
        ", ".join(filter(None, panel(title, fmap, MOST).lines)) for title, fmap in maps
    )


def shown(maps: Sequence[tuple[str, FeatureMap]], screen: Screen, most: int | None = None) -> str:
    """Maps with their titles, side by side, in as many rows as they need.

    Each has the same planes, at most so many or, where nobody says how many, as many as can be made out.
    """
    _, _, room = _room(len(maps), screen)
    few = most or min(_planes(fmap.form.space, room) for _, fmap in maps)
    return laid_out([panel(title, fmap, few) for title, fmap in maps], screen)


def laid_out(panels: Sequence[Panel], screen: Screen) -> str:
    """Panels side by side, in as many rows as they need."""
    if not panels:
        return ""
    beside, width, room = _room(len(panels), screen)
    rows = [panels[start : start + beside] for start in range(0, len(panels), beside)]
    return "".join(
        _row(row, room, screen) + _words([each.lines for each in row], width) for row in rows
    )


def _room(count: int, screen: Screen) -> tuple[int, int, tuple[int, int]]:
    """How many are beside each other, how many letters each has, and how many pixels, down and across."""
    beside = max(1, min(count, (screen.columns + GAP) // (NARROWEST + GAP)))
    width = max(1, (screen.columns - GAP * (beside - 1)) // beside)
    return beside, width, (max(1, screen.rows - _BELOW) * screen.cell[1], width * screen.cell[0])


def _planes(space: Sequence[int], room: tuple[int, int]) -> int:
    """How many planes find room, each large enough to be made out."""
    sides = zip((1, *space)[-2:], room, strict=False)  # what lies nowhere has none
    return max(1, min(MOST, prod(size // (min(LEAST, side) + 1) for side, size in sides)))


def _row(panels: Sequence[Panel], room: tuple[int, int], screen: Screen) -> str:
    pictures = [fitted(each.drawing.pixels, *room, labels=each.drawing.labels) for each in panels]
    height, pitch = max(map(len, pictures)), room[1] + GAP * screen.cell[0]
    canvas = np.zeros((height, pitch * (len(panels) - 1) + pictures[-1].shape[1], 4), np.uint8)
    for number, picture in enumerate(pictures):
        place = canvas[: len(picture), number * pitch : number * pitch + picture.shape[1]]
        place[..., :3], place[..., 3] = picture, 255
    return encoded(canvas, screen)


def _words(columns: Sequence[Sequence[str]], width: int) -> str:
    """Lines of text side by side, folded to the width of a column."""
    folded = [[part for line in lines for part in wrap(line, width)] for lines in columns]
    lines = [
        [part.ljust(width + GAP) for part in parts] for parts in zip_longest(*folded, fillvalue="")
    ]
    return "".join("".join(line).rstrip() + "\n" for line in lines)


def fitted(pixels: Array, height: int, width: int, *, labels: bool = False) -> Array:
    """RGB of uint8 as large as fits: enlarged by a whole number, or made smaller by averaging areas.

    Of `labels` the most frequent colour stands for an area.

    >>> fitted(np.zeros((2, 3, 3), np.uint8), 10, 10).shape
    (6, 9, 3)
    """
    times = min(height // pixels.shape[0], width // pixels.shape[1])
    if times:
        return pixels.repeat(times, axis=0).repeat(times, axis=1)
    share = min(height / pixels.shape[0], width / pixels.shape[1])
    size = tuple(max(1, round(length * share)) for length in pixels.shape[:2])
    if labels:
        return _unpacked(pool(_packed(pixels), "mode", adaptive=size))
    smaller: Array = pool(pixels, "avg", adaptive=size, layout="HWC", dtype="uint8")
    return smaller


def _packed(pixels: Array) -> Array:
    """A whole number for each colour."""
    return pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32)


def _unpacked(colours: Array) -> Array:
    return np.stack([colours >> shift & 255 for shift in (16, 8, 0)], axis=-1).astype(np.uint8)
