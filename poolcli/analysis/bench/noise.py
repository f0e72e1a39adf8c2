"""Values to time with."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolcli.maps.array import Array


def noise(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Noise, the same each time: floats in [0, 1), whole numbers of a byte."""
    random = np.random.default_rng(0)
    if dtype.kind == "f":
        return random.random(shape, "float32").astype(dtype, copy=False)
    return random.integers(
        0, min(256, np.iinfo(dtype).max + 1) if dtype.kind in "iu" else 2, shape
    ).astype(dtype)
