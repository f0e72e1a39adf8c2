"""Maps, boxes and comparisons for the tests of places."""

import nasty
import numpy as np
import twin

from poolcli.pipeline.parser import step
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

REDUCERS = [
    name
    for name, op in OPS.items()
    if op.windows == WINDOW_KINDS and not op.required and name in twin.REDUCERS
]
BOXES = [
    [0, 0, 0, 6, 8],
    [1, 1.5, 2.5, 4.5, 3.5],
    [1, -3, -2, 2, 4],  # cells that lie outside the map
    [0, 5, 7, 30, 40],
    [0, 3, 3, 3, 3],  # a pixel, cut into cells that share it
    [1, 0.4, 0.6, 0.4, 7],
]


def arrays():
    """Maps of 2 images of 3 channels, 9 x 7, without values below zero."""
    x = nasty.scrambled((2, 3, 9, 7), np.int64)
    spoilt = (x + 50).astype(np.float32) / 7
    spoilt[0, 1, 4, 3] = np.nan
    return {
        "float32": spoilt,
        "uint8": (x + 50).astype(np.uint8),
        "int64": x + 50,
        "bool": x % 3 == 0,
    }


def same(result, expected, x, op):
    """Equal, but for what the precision of the result leaves."""
    assert result.shape == expected.shape
    if step(op, {}).returns_input_values:
        assert result.dtype == x.dtype
        np.testing.assert_array_equal(result, expected)
    else:
        np.testing.assert_allclose(result, expected, rtol=2e-6, atol=2e-5)
