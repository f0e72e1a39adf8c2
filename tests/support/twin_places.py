"""The slow, plain reference of the places that are no product of the same windows on every plane,
and of RoiAlign.
"""

import math
from fractions import Fraction

import numpy as np
import twin


def fractional(length, kernel, cells, u):
    """That many windows of one kernel, at floor((i + u) a) - floor(u a), the last one at the
    end.
    """
    if cells + kernel - 1 > length:
        raise ValueError("too many cells")
    starts = []
    for cell in range(cells - 1):
        step = Fraction(length - kernel, cells - 1)
        starts.append(math.floor((cell + Fraction(u)) * step) - math.floor(Fraction(u) * step))
    return [
        twin.Window(tuple(range(start, start + kernel)), kernel)
        for start in [*starts, length - kernel]
    ]


def pool_fractional(x, op, kernel, cells, numbers, **given):
    """`numbers[plane]` holds u for each axis of a plane."""
    axes = len(cells)
    out = None
    for plane in np.ndindex(x.shape[: x.ndim - axes]):
        facts = zip(x.shape[-axes:], kernel, cells, numbers[plane], strict=True)
        pooled = twin.pool(x, op, [fractional(*fact) for fact in facts], **given)
        out = np.empty_like(pooled) if out is None else out
        out[plane] = pooled[plane]
    return out


def pool_pyramid(x, op, levels, axes, **given):
    """Adaptive grids side by side: (N, C, *space) to (N, all cells of all channels, level by
    level).
    """
    parts = []
    for level in levels:
        pooled = twin.pool(
            x, op, [twin.adaptive(length, level) for length in x.shape[-axes:]], **given
        )
        parts.append(pooled.reshape(len(x), -1))
    return np.concatenate(parts, axis=1)


def half_away(number):
    """The nearest whole number; of two, the one farther from zero."""
    return int(math.copysign(math.floor(abs(Fraction(number)) + Fraction(1, 2)), number))


def bins(length, begin, end, cells):
    """The windows of a box along one axis, clipped to the map; some may have no pixel."""
    first, last = half_away(begin), half_away(end)
    size = Fraction(max(last - first + 1, 1), cells)
    windows = []
    for cell in range(cells):
        start = min(max(math.floor(cell * size) + first, 0), length)
        stop = min(max(math.ceil((cell + 1) * size) + first, 0), length)
        windows.append(twin.Window(tuple(range(start, stop)), stop - start))
    return windows


def pool_boxes(x, op, boxes, size, scale=1, **given):
    """Rows of index, x1, y1, x2, y2 over (N, C, H, W), to (boxes, C, *size); 0 where a cell has no
    pixel.
    """
    out = []
    for index, *corners in boxes:
        left, top, right, bottom = (corner * scale for corner in corners)
        lines = bins(x.shape[2], top, bottom, size[0]), bins(x.shape[3], left, right, size[1])
        held = [[number for number, window in enumerate(line) if window.taps] for line in lines]
        pooled = twin.pool(
            x, op, [[window for window in line if window.taps] for line in lines], **given
        )
        cells = np.full((x.shape[1], *size), given.get("nodata") or 0, pooled.dtype)
        if all(held):
            cells[:, held[0][0] : held[0][-1] + 1, held[1][0] : held[1][-1] + 1] = pooled[index]
        out.append(cells)
    return np.stack(out)


def _corners(at, length):
    """The pixels on both sides of a point, each with its share; none outside the map."""
    if at < -1 or at > length:
        return []
    at = min(max(at, 0.0), length - 1.0)
    low = math.floor(at)
    return [(low, 1 - (at - low)), (min(low + 1, length - 1), at - low)]


def roi_align(x, boxes, size, *, ratio=0, scale=1, aligned=True, mode="avg", corners=False):
    """Rows of index, x1, y1, x2, y2 over (N, C, H, W): point by point, as the definition has it."""
    out = np.zeros((len(boxes), x.shape[1], *size))
    for number, (index, *box) in enumerate(boxes):
        left, top, right, bottom = (corner * scale - (0.5 if aligned else 0) for corner in box)
        sides = [side if aligned else max(side, 1) for side in (bottom - top, right - left)]
        grid = [
            ratio or max(math.ceil(side / cells), 0)
            for side, cells in zip(sides, size, strict=True)
        ]
        step = [side / cells for side, cells in zip(sides, size, strict=True)]
        for channel, row, column in np.ndindex(*out.shape[1:]):
            values = []
            for i, j in np.ndindex(*grid):
                y = top + row * step[0] + (i + 0.5) * step[0] / grid[0]
                x_ = left + column * step[1] + (j + 0.5) * step[1] / grid[1]
                parts = [
                    x[index, channel, line, pixel] * (high * wide)
                    for line, high in _corners(y, x.shape[2])
                    for pixel, wide in _corners(x_, x.shape[3])
                ] or [0.0]
                values.append(np.max(parts) if corners and mode == "max" else sum(parts))
            if values:
                out[number, channel, row, column] = (
                    np.max(values) if mode == "max" else sum(values) / len(values)
                )
    return out
