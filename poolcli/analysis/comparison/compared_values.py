"""What is compared between frameworks: the values of a result, or its indices."""

from __future__ import annotations

import numpy as np

from poolcli.errors import RequestError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.checks import check_indices
from poolcli.pipeline.pipeline import Pipeline

ROUNDING = 8  # units in the last place by which two orders of adding the same numbers may differ


def fact_of(of: str, pipeline: Pipeline, fmap: FeatureMap) -> Array:
    """The "values" or the "indices" of a pipeline's result."""
    if of == "indices":
        return pipeline.indices(fmap).data
    *_, (result,) = pipeline.walk(fmap)
    return result.data


def is_indexed(pipeline: Pipeline) -> bool:
    """Whether the last step chooses pixels, which have an index."""
    try:
        check_indices(pipeline.steps[-1])
    except RequestError:
        return False
    return True


def differing(one: Array, other: Array) -> Array:
    """Where two arrays differ by more than rounding; two NaN do not differ.

    >>> differing(np.float32([1, 2, np.nan]), np.float32([1, 3, np.nan])).tolist()
    [False, True, False]
    """
    floats = [each.dtype for each in (one, other) if each.dtype.kind == "f"]
    if not floats:
        return np.asarray(one != other)
    widest = max(floats, key=lambda dtype: dtype.itemsize)
    tolerance = ROUNDING * float(np.finfo(widest).eps)
    a, b = one.astype(np.float64), other.astype(np.float64)
    return ~np.isclose(a, b, rtol=tolerance, atol=0, equal_nan=True)
