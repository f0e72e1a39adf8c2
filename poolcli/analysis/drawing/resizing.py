"""Pictures made smaller, so that what matters in them is still seen."""

from __future__ import annotations

import numpy as np

from poolcli.maps.array import Array
from poolcli.pipeline.parser import step
from poolcli.pipeline.pipeline import Pipeline

# Where so many pixels are near one colour, it is the others that a picture shows: stars, ink,
# activations. A channel that differs by no more than a tenth of its range is near.
COMMON, NEAR = 0.9, 25
SAMPLES = 1 << 16  # pixels looked at to find that colour


def shrunk(pixels: Array, size: tuple[int, int], *, labels: bool = False) -> Array:
    """RGB pixels reduced to so many rows and columns.

    An area has the average of its colours; with `labels` its most frequent colour. Where nearly
    all of a picture has about one colour, an average would hide the rest: then an area has the
    colour in it that differs the most from that one.

    >>> stars = np.zeros((8, 8, 3), np.uint8)
    >>> stars[3, 3] = 200
    >>> shrunk(stars, (2, 2)).max()
    np.uint8(200)
    """
    if labels:
        return _unpacked(_pooled(_packed(pixels), "mode", size))
    common = _common_colour(pixels)
    if common is not None:
        away = np.square(pixels.astype(np.int32) - common.astype(np.int32)).sum(-1)
        return _unpacked(_pooled(away.astype(np.int64) << 24 | _packed(pixels), "max", size))
    mean = Pipeline((step("avg", {"adaptive": size, "dtype": "uint8"}),))
    smaller: Array = mean(pixels, "HWC")
    return smaller


def _common_colour(pixels: Array) -> Array | None:
    """The colour that nearly all pixels have, about; None where there is no such colour."""
    flat = pixels.reshape(-1, 3)
    seen = flat[:: -(-len(flat) // SAMPLES)].astype(np.int16)
    middle = np.median(seen, axis=0)
    is_near = (np.abs(seen - middle) <= NEAR).all(-1)
    return middle if is_near.mean() > COMMON else None


def _pooled(numbers: Array, op: str, size: tuple[int, int]) -> Array:
    smaller: Array = Pipeline((step(op, {"adaptive": size}),))(numbers, "HW")
    return smaller


def _packed(pixels: Array) -> Array:
    """One integer for each colour."""
    return pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32)


def _unpacked(colours: Array) -> Array:
    return np.stack([colours >> shift & 255 for shift in (16, 8, 0)], axis=-1).astype(np.uint8)
