"""Drawings side by side in a terminal, as large as they fit, each with its description below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import prod
from textwrap import wrap

import numpy as np

from poolcli.analysis.drawing.colour import has_colours
from poolcli.analysis.drawing.render import Drawing, render
from poolcli.analysis.drawing.resizing import shrunk
from poolcli.analysis.drawing.screen import Screen
from poolcli.analysis.drawing.terminal import encoded
from poolcli.errors import plain
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words

NARROWEST = 28  # columns of a picture beside another: its description has about as many letters
GAP = 2  # columns between pictures
SMALLEST_PLANE = 24  # pixels along each side of a plane, if it has as many
MOST_PLANES = 64
ROWS_BELOW = 5  # rows of the screen left for the description and for the shell's prompt


@dataclass(frozen=True, eq=False)
class Panel:
    """A drawing, and the lines of text below it."""

    drawing: Drawing
    lines: tuple[str, ...]


def panel(title: str, fmap: FeatureMap, most: int) -> Panel:
    """A map drawn with at most so many planes, and its title, shape, type and range."""
    drawing = render(fmap, most=most)
    kind = fmap.form.mode if has_colours(fmap.form) else f"{fmap.data.dtype} {fmap.layout}"
    return Panel(drawing, (plain(title), f"{shape_words(fmap.data.shape)} {kind}", drawing.words))


def described(maps: Sequence[tuple[str, FeatureMap]]) -> str:
    """The descriptions of maps without their pictures, a line for each map."""
    panels = [panel(title, fmap, MOST_PLANES) for title, fmap in maps]
    return "\n".join(", ".join(filter(None, each.lines)) for each in panels)


def shown(maps: Sequence[tuple[str, FeatureMap]], screen: Screen, most: int | None = None) -> str:
    """Maps with their descriptions, side by side, in as many rows as they need.

    Each map has at most so many planes; by default as many of each as can be made out.
    """
    _, _, size = _columns(len(maps), screen)
    planes = most or min(_planes_that_fit(fmap.form.space, size) for _, fmap in maps)
    return laid_out([panel(title, fmap, planes) for title, fmap in maps], screen)


def laid_out(panels: Sequence[Panel], screen: Screen) -> str:
    """Panels side by side, in as many rows as they need."""
    if not panels:
        return ""
    in_row, width, size = _columns(len(panels), screen)
    text = ""
    for start in range(0, len(panels), in_row):
        row = panels[start : start + in_row]
        text += _drawings(row, size, screen) + captions([each.lines for each in row], width)
    return text


def panel_size(count: int, screen: Screen) -> tuple[int, int]:
    """The pixels down and across of each of so many panels side by side."""
    return _columns(count, screen)[2]


def _columns(count: int, screen: Screen) -> tuple[int, int, tuple[int, int]]:
    """The number of panels in a row, the letters across each, and its pixels down and across."""
    in_row = max(1, min(count, (screen.columns + GAP) // (NARROWEST + GAP)))
    width = max(1, (screen.columns - GAP * (in_row - 1)) // in_row)
    across, down = screen.cell
    return in_row, width, (max(1, screen.rows - ROWS_BELOW) * down, width * across)


def _planes_that_fit(space: Sequence[int], size: tuple[int, int]) -> int:
    """How many planes fit into a panel, each large enough to be made out."""
    lengths = (1, *space)[-2:]  # one length for a map without spatial axes: it needs no height
    along = [
        pixels // (min(SMALLEST_PLANE, length) + 1)
        for length, pixels in zip(lengths, size, strict=False)
    ]
    return max(1, min(MOST_PLANES, prod(along)))


def _drawings(panels: Sequence[Panel], size: tuple[int, int], screen: Screen) -> str:
    """The drawings of a row on one transparent canvas, as what the terminal is sent."""
    pictures = [fitted(each.drawing.pixels, *size, labels=each.drawing.labels) for each in panels]
    height, pitch = max(map(len, pictures)), size[1] + GAP * screen.cell[0]
    canvas = np.zeros((height, pitch * (len(panels) - 1) + pictures[-1].shape[1], 4), np.uint8)
    for number, picture in enumerate(pictures):
        left = number * pitch
        canvas[: len(picture), left : left + picture.shape[1]] = _opaque(picture)
    return encoded(canvas, screen)


def drawn(pixels: Array, screen: Screen) -> str:
    """RGB pixels as what the terminal is sent."""
    return encoded(_opaque(pixels), screen)


def _opaque(pixels: Array) -> Array:
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def captions(columns: Sequence[Sequence[str]], width: int) -> str:
    """Lines of text side by side, wrapped to the width of a column."""
    wrapped = [[part for line in lines for part in wrap(line, width)] for lines in columns]
    text = ""
    for parts in zip_longest(*wrapped, fillvalue=""):
        text += "".join(part.ljust(width + GAP) for part in parts).rstrip() + "\n"
    return text


def fitted(pixels: Array, height: int, width: int, *, labels: bool = False) -> Array:
    """RGB pixels as large as they fit: enlarged by a whole number, or `shrunk`.

    >>> fitted(np.zeros((2, 3, 3), np.uint8), 10, 10).shape
    (6, 9, 3)
    """
    times = min(height // pixels.shape[0], width // pixels.shape[1])
    if times:
        return pixels.repeat(times, axis=0).repeat(times, axis=1)
    share = min(height / pixels.shape[0], width / pixels.shape[1])
    rows, columns = (max(1, round(length * share)) for length in pixels.shape[:2])
    return shrunk(pixels, (rows, columns), labels=labels)
