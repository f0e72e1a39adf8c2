"""Values that differ by rounding alone do not differ."""

import math

import numpy as np

from poolcli.analysis.comparison.compared_values import differing

NAN = math.nan


def test_rounding_is_no_difference():
    x = np.array([1, 1, 0, NAN, math.inf], np.float32)
    y = np.array([1 + 2e-7, 1 + 1e-5, 1e-30, NAN, math.inf], np.float32)
    assert differing(x, y).tolist() == [False, True, True, False, False]
    assert differing(np.array([2**60]), np.array([2**60 + 1])).all()
