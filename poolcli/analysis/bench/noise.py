"""Values to time operations with."""

from __future__ import annotations

from typing import Any

import numpy as np

from poolcli.maps.array import Array


def noise(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """The same noise each time: floats in [0, 1), or integers that fit a byte.

    >>> noise((2, 2), np.dtype("uint8")).max() < 256
    np.True_
    """
    random = np.random.default_rng(0)
    if dtype.kind == "f":
        return random.random(shape, "float32").astype(dtype, copy=False)
    end = min(256, np.iinfo(dtype).max + 1) if dtype.kind in "iu" else 2
    return random.integers(0, end, shape).astype(dtype)
