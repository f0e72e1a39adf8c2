"""A region of a map in a frame: in the whole plane, and enlarged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from poolcli.analysis.drawing.colour import Colour, has_colours
from poolcli.analysis.drawing.contact_sheet import Figure, Section, contact_sheet, scaled
from poolcli.analysis.drawing.panels import Panel
from poolcli.analysis.drawing.render import BETWEEN, render
from poolcli.analysis.explanation.tracing import TracedRegion
from poolcli.errors import plain
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import space_letters

FRAME: Colour = (255, 214, 0)
SURROUNDINGS = 4  # pixels shown around an enlarged region, at least
FRAME_SHARE = 160  # the frame is 1/160 of the picture thick, at least a pixel


def framed_views(
    title: str, fmap: FeatureMap, region: TracedRegion, smallest: int = 1
) -> list[Panel]:
    """The plane of a region and its surroundings enlarged, both with a frame around the region.

    Small pictures are first enlarged by a whole number, up to `smallest` pixels, so that the frame
    is thin. No views of an empty region.
    """
    bounds = [(int(axis[0]), int(axis[-1]) + 1) for axis in region.axes if len(axis)]
    if not bounds:
        return []
    drawing = render(_plane(fmap, region, bounds), most=1)
    pixels = drawing.pixels
    box = bounds[-2:] if len(bounds) > 1 else [(0, pixels.shape[0]), *bounds]
    crop = [_around(*side, length) for side, length in zip(box, pixels.shape, strict=False)]
    box_in_crop = [
        (begin - first, end - first) for (begin, end), (first, _) in zip(box, crop, strict=True)
    ]
    whole = _framed(pixels, box, smallest)
    part = _framed(pixels[tuple(slice(*side) for side in crop)], box_in_crop, smallest)
    letters = space_letters(fmap.layout)
    where = ", ".join(
        f"{letter} {begin}:{end}" for letter, (begin, end) in zip(letters, bounds, strict=True)
    )
    return [
        Panel(replace(drawing, pixels=whole), (plain(title), drawing.words)),
        Panel(replace(drawing, pixels=part), (where, "")),
    ]


def views_sheet(panels: Sequence[Panel]) -> FeatureMap:
    """The views and their descriptions as one image."""
    figures = [Figure(each.lines[0], scaled(each.drawing.pixels), each.lines[1]) for each in panels]
    return contact_sheet([Section("", tuple(figures))])


def _plane(fmap: FeatureMap, region: TracedRegion, bounds: Sequence[tuple[int, int]]) -> FeatureMap:
    """The image, or the plane of an array; of a volume the middle slice of the region."""
    if has_colours(fmap.form):
        return fmap
    plane = fmap.planes()[region.lead(fmap.form.frame)]
    if plane.ndim > 2:
        plane = plane[sum(bounds[0]) // 2]
    return FeatureMap(plane, "HW" if plane.ndim > 1 else "L")


def _around(begin: int, end: int, length: int) -> tuple[int, int]:
    margin = max(SURROUNDINGS, (end - begin) // 2)
    return max(0, begin - margin), min(length, end + margin)


def _framed(pixels: Array, box: Sequence[tuple[int, int]], smallest: int) -> Array:
    """A picture with a border, which a frame around a part at the edge needs, and the frame."""
    times = max(1, smallest // max(pixels.shape[:2]))
    large = pixels.repeat(times, axis=0).repeat(times, axis=1)
    thick = ceil(max(large.shape[:2]) / FRAME_SHARE)
    height, width = large.shape[0] + 2 * thick, large.shape[1] + 2 * thick
    bordered = np.full((height, width, 3), BETWEEN, np.uint8)
    bordered[thick:-thick, thick:-thick] = large
    rows, columns = (slice(times * begin, times * end + 2 * thick) for begin, end in box)
    part = bordered[rows, columns]
    inside = part[thick:-thick, thick:-thick].copy()
    part[...] = FRAME
    part[thick:-thick, thick:-thick] = inside
    return bordered
