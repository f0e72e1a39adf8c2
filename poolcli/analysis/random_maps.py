"""Values for a shape that has none."""

from __future__ import annotations

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form


def random_map(form: Form) -> FeatureMap:
    """The same random values each time: normal where they have fractions, else from all that 8 bits can hold.

    >>> random_map(Form((2, 3), np.dtype("uint8"), "HW")).form.shape
    (2, 3)
    """
    return FeatureMap(_drawn(form), form.layout)


def _drawn(form: Form) -> Array:
    chance = np.random.default_rng(0)
    if form.dtype.kind == "f":
        return chance.standard_normal(form.shape).astype(form.dtype)
    low, high = {"b": (0, 2), "i": (-128, 128)}.get(form.dtype.kind, (0, 256))
    return chance.integers(low, high, form.shape).astype(form.dtype)
