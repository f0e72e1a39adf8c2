"""Maps of one spatial axis as curves over each other, on one pair of axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.analysis.drawing.colour import Colour, Limits, limits_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.sampling import AxisSampling, Sampling

BACKGROUND: Colour = (24, 24, 24)
# Of the map itself, and of its results: Okabe, Ito 2008, which every eye can tell apart.
COLOURS: Mapping[str, Colour] = {
    "grey": (140, 140, 140),
    "yellow": (240, 228, 66),
    "sky blue": (86, 180, 233),
    "vermilion": (213, 94, 0),
    "green": (0, 158, 115),
    "purple": (204, 121, 167),
    "orange": (230, 159, 0),
}
MOST_CHANNELS = 4  # plots below each other
LEAST_ROWS = 6  # pixels of a plot's height


@dataclass(frozen=True, eq=False)
class Curve:
    """Numbers (channels, length), and where they lie on the axis of the first map."""

    values: Array
    positions: Array


def is_curve(fmap: FeatureMap) -> bool:
    """Whether a map has one spatial axis of several numbers."""
    return len(fmap.form.space) == 1 and fmap.form.space[0] > 1


def curve_of(fmap: FeatureMap, before: int, sampling: Sampling | None = None) -> Curve:
    """The lines of the first of a batch, as a curve beside a map of the length `before`.

    Without a sampling they are spread evenly over that length.
    """
    space = fmap.form.space
    length = space[0] if space else 1
    planes = fmap.planes()
    planes = planes.reshape(fmap.form.frame.batch or 1, -1, length)[0]
    axis = (sampling or {}).get("L")
    return Curve(planes.astype(np.float64), _positions(before, length, axis))


def _positions(before: int, after: int, axis: AxisSampling | None) -> Array:
    """The centres of cells, in pixels of the map before."""
    cells = np.arange(after)
    if axis is None or axis.stride is None or axis.offset is None:
        return (cells + 0.5) * (before / after) - 0.5
    return float(axis.offset) + cells * float(axis.stride)


def plots(curves: Sequence[Curve], size: tuple[int, int], thick: int = 1) -> tuple[Array, str]:
    """RGB pixels of so many rows and columns, with a plot for each channel, and what to write.

    All curves of a plot are on the same axes; later ones cover those before them.
    """
    most = min(len(curve.values) for curve in curves)
    channels = max(1, min(MOST_CHANNELS, most, size[0] // LEAST_ROWS))
    limits = limits_of(np.concatenate([curve.values[:channels].ravel() for curve in curves]))
    pixels = np.full((*size, 3), BACKGROUND, np.uint8)
    ends = min(curve.positions.min() for curve in curves), max(c.positions.max() for c in curves)
    bounds = np.linspace(0, size[0], channels + 1).round().astype(int)
    for channel in range(channels):
        rows = pixels[bounds[channel] : bounds[channel + 1] - (channel < channels - 1)]
        for curve, colour in zip(curves, _colours(len(curves)), strict=True):
            y = _on_rows(curve.values[channel], limits, len(rows) - thick)
            x = (curve.positions - ends[0]) / max(ends[1] - ends[0], 1) * (size[1] - 1)
            _draw(rows, x, y, colour, thick)
    words = f"{limits[0]:g} .. {limits[1]:g}"
    return pixels, words + (f", first {channels} of {most} channels" if channels < most else "")


def colour_names(count: int) -> list[str]:
    """The names of the colours of so many curves."""
    names = list(COLOURS)
    return [names[0] if number == 0 else names[1 + (number - 1) % 6] for number in range(count)]


def _colours(count: int) -> list[Colour]:
    return [COLOURS[name] for name in colour_names(count)]


def _on_rows(values: Array, limits: Limits, last: int) -> Array:
    """Rows from the top, with the higher limit at 0; NaN where there is no value."""
    low, high = limits
    if high <= low:
        return np.where(np.isnan(values), np.nan, max(last, 0) / 2)
    with np.errstate(invalid="ignore"):
        share = np.clip((values / 2 - low / 2) / (high / 2 - low / 2), 0, 1)
    return (1 - share) * max(last, 0)


def _draw(rows: Array, x: Array, y: Array, colour: Colour, thick: int) -> None:
    """Draw a line through points in the order of x: in each column all rows that it crosses."""
    columns = np.arange(rows.shape[1])
    # The line where it enters and leaves each column, and all points inside.
    edges = np.concatenate([columns - 0.5, [columns[-1] + 0.5]])
    at_edges = np.interp(edges, x, y, left=np.nan, right=np.nan)
    low, high = np.fmin(at_edges[:-1], at_edges[1:]), np.fmax(at_edges[:-1], at_edges[1:])
    number = np.clip(np.rint(x).astype(int), 0, len(columns) - 1)
    finite = ~np.isnan(y)
    np.fmin.at(low, number[finite], y[finite])
    np.fmax.at(high, number[finite], y[finite])
    seen = ~np.isnan(low)
    first = np.rint(np.where(seen, low, 0)).astype(int)
    last = np.rint(np.where(seen, high, -1)).astype(int) + thick - 1
    row = np.arange(rows.shape[0])[:, None]
    rows[seen & (row >= first) & (row <= last)] = colour
