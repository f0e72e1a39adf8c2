"""Where a number comes from: the map with a frame around the pixels it is made of, and those pixels from near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from poolcli.analysis.explanation.tracing import Region
from poolcli.analysis.picture.colour import Colour, has_colours
from poolcli.analysis.picture.contact_sheet import Figure, Section, scaled, sheet
from poolcli.analysis.picture.panels import Panel
from poolcli.analysis.picture.render import BETWEEN, render
from poolcli.errors import plain
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import space_axes

FRAME: Colour = (255, 214, 0)
_AROUND = 4  # pixels that are shown around a window, at least
_THICK = 160  # a frame is a share of this of the picture, or a pixel


def views(title: str, fmap: FeatureMap, region: Region, least: int = 1) -> list[Panel]:
    """The plane that is read, and its pixels from near, both with a frame around what is read; none if nothing is.

    Small ones are first enlarged by a whole number, towards so many pixels, so that the frame is thin.
    """
    bounds = [(int(axis[0]), int(axis[-1]) + 1) for axis in region.axes if len(axis)]
    if not bounds:
        return []
    drawing = render(_plane(fmap, region, bounds), most=1)
    pixels = drawing.pixels
    lines = bounds[-2:] if len(bounds) > 1 else [(0, pixels.shape[0]), *bounds]
    near = [_near(*line, length) for line, length in zip(lines, pixels.shape, strict=False)]
    inside = [
        (begin - first, end - first) for (begin, end), (first, _) in zip(lines, near, strict=True)
    ]
    whole = _framed(pixels, lines, least)
    part = _framed(pixels[tuple(slice(*line) for line in near)], inside, least)
    letters = [fmap.layout[axis] for axis in space_axes(fmap.layout)]
    words = ", ".join(
        f"{letter} {begin}:{end}" for letter, (begin, end) in zip(letters, bounds, strict=True)
    )
    return [
        Panel(replace(drawing, pixels=each), lines)
        for each, lines in ((whole, (plain(title), drawing.words)), (part, (words, "")))
    ]


def picture(panels: Sequence[Panel]) -> FeatureMap:
    """The views as one image, with their words."""
    figures = [Figure(each.lines[0], scaled(each.drawing.pixels), each.lines[1]) for each in panels]
    return sheet([Section("", tuple(figures))])


def _plane(fmap: FeatureMap, region: Region, bounds: Sequence[tuple[int, int]]) -> FeatureMap:
    """The image, or the plane of an array; of a volume the middle slice of what is read."""
    if has_colours(fmap.form):
        return fmap
    plane = fmap.planes()[region.lead(fmap.form.frame)]
    if plane.ndim > 2:
        plane = plane[sum(bounds[0]) // 2]
    return FeatureMap(plane, "HW" if plane.ndim > 1 else "L")


def _near(begin: int, end: int, length: int) -> tuple[int, int]:
    around = max(_AROUND, (end - begin) // 2)
    return max(0, begin - around), min(length, end + around)


def _framed(pixels: Array, lines: Sequence[tuple[int, int]], least: int) -> Array:
    """A picture with room at its borders for a frame around a part of it."""
    times = max(1, least // max(pixels.shape[:2]))
    large = pixels.repeat(times, axis=0).repeat(times, axis=1)
    thick = ceil(max(large.shape[:2]) / _THICK)
    room = np.full((large.shape[0] + 2 * thick, large.shape[1] + 2 * thick, 3), BETWEEN, np.uint8)
    room[thick:-thick, thick:-thick] = large
    rows, columns = (slice(times * begin, times * end + 2 * thick) for begin, end in lines)
    ring = room[rows, columns]
    inside = ring[thick:-thick, thick:-thick].copy()
    ring[...] = FRAME
    ring[thick:-thick, thick:-thick] = inside
    return room
