"""Boxes on maps: against torchvision's numbers, a slow twin, and laws."""

import nasty
import numpy as np
import pytest
import twin_places
from hypothesis import given
from hypothesis import strategies as st
from placed import BOXES, REDUCERS, arrays, same

import poolcli

SQUARE = np.arange(16.0).reshape(4, 4)


@pytest.mark.parametrize(
    ("box", "size", "want"),
    [
        ([0, 0, 3, 3], 2, [[5, 7], [13, 15]]),
        ([1, 1, 3, 3], 2, [[10, 11], [14, 15]]),  # cells overlap
        ([1.5, 1.5, 2.5, 2.5], 1, [[15]]),  # half away from zero
        ([-0.5, 0.5, 0.5, 0.5], 1, [[5]]),
        ([2, 2, 2, 2], 3, [[10] * 3] * 3),
        (
            [2, 2, 5, 5],
            4,
            [[10, 11, 0, 0], [14, 15, 0, 0], [0] * 4, [0] * 4],
        ),  # what is outside is empty: 0
    ],
)
def test_boxes_golden(box, size, want):
    assert poolcli.pool(SQUARE, "max", boxes=[box], output_size=size).tolist() == [want]


@pytest.mark.parametrize("name", arrays())
@pytest.mark.parametrize("op", REDUCERS)
def test_boxes_agree_with_their_twin(op, name):
    x = arrays()[name]
    result = poolcli.pool(x, op, boxes=BOXES, output_size=(3, 2))
    same(result, twin_places.pool_boxes(x, op, BOXES, (3, 2)), x, op)
    result = poolcli.pool(x, op, boxes=BOXES[:2], output_size=4, spatial_scale=0.75)
    same(result, twin_places.pool_boxes(x, op, BOXES[:2], (4, 4), 0.75), x, op)


@pytest.mark.parametrize("op", ["max", "avg", "median"])
def test_boxes_with_masks(op):
    x = arrays()["float32"].round()
    for rules in (
        {"nan": "ignore"},
        {"nodata": 7},
        {"nodata": 7, "nan": "ignore", "min_valid": 0.5},
    ):
        result = poolcli.pool(x, op, boxes=BOXES, output_size=3, **rules)
        expected = twin_places.pool_boxes(x, op, BOXES, (3, 3), **rules)
        np.testing.assert_allclose(result, expected, rtol=1e-6)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_a_box_that_is_the_map_is_adaptive(height, width, rows, columns):
    x = nasty.scrambled((2, height, width), np.float32)
    result = poolcli.pool(
        x, "avg", boxes=[[0, 0, width - 1, height - 1]], output_size=(rows, columns)
    )
    np.testing.assert_allclose(
        result[0], poolcli.pool(x, "avg", adaptive=(rows, columns)), rtol=1e-6, atol=1e-5
    )
