"""Random maps, for when there is a shape and no file."""

from __future__ import annotations

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form

INTEGER_RANGES = {"b": (0, 2), "i": (-128, 128), "u": (0, 256)}  # what 8 bits hold, by kind


def random_map(form: Form) -> FeatureMap:
    """The same random values each time: normal for floats, else uniform over what 8 bits hold.

    >>> random_map(Form((2, 3), np.dtype("uint8"), "HW")).form.shape
    (2, 3)
    """
    return FeatureMap(_random_values(form), form.layout)


def _random_values(form: Form) -> Array:
    random = np.random.default_rng(0)
    if form.dtype.kind == "f":
        return random.standard_normal(form.shape).astype(form.dtype)
    low, high = INTEGER_RANGES[form.dtype.kind]
    return random.integers(low, high, form.shape).astype(form.dtype)
