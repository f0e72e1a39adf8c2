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


ANYWHERE = [
    [0, 5, 4, 2, 1],  # swapped: size 1
    [1, 5, 1, 2, 4],
    [0, 100, 100, 110, 110],
    [1, -9, 2, -5, 4],
    [1, -3, -2, 2, 2],
    [0, 2, 7, 1, 6],  # swapped, at the border
]


@pytest.mark.parametrize("op", ["max", "avg", "median"])
def test_boxes_anywhere_agree_with_their_twin(op):
    x = nasty.scrambled((2, 3, 6, 8), np.float64)
    result = poolcli.pool(x, op, boxes=ANYWHERE, output_size=(2, 3), semantics="torch")
    interpolation = {"interpolation": "lower"} if op == "median" else {}
    expected = twin_places.pool_boxes(x, op, ANYWHERE, (2, 3), **interpolation)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("ratio", [0, 2])
def test_roi_align_of_boxes_anywhere_agrees_with_its_twin(aligned, ratio):
    x = nasty.scrambled((2, 3, 6, 8), np.float64)
    options = {"aligned": aligned, "sampling_ratio": ratio, "output_size": (2, 3)}
    result = poolcli.pool(x, "roi-align", boxes=ANYWHERE, semantics="torch", **options)
    expected = twin_places.roi_align(x, ANYWHERE, (2, 3), ratio=ratio, aligned=aligned)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


def test_a_swapped_box_of_torchvision():
    """roi_pool of [5, 4, 2, 1] on arange(48): size 1 at (5, 4)."""
    x = np.arange(48.0).reshape(1, 1, 6, 8)
    result = poolcli.pool(x, "max", boxes=[[5, 4, 2, 1]], output_size=1, semantics="torch")
    assert result.tolist() == [[[[37]]]]


@pytest.mark.parametrize("op", ["max", "roi-align"])
def test_a_swapped_box_is_refused(op):
    with pytest.raises(poolcli.RequestError, match=r"box 2 .* has its corners swapped") as caught:
        poolcli.pool(np.ones((6, 8)), op, boxes=[[0, 0, 1, 1], [5, 4, 2, 1]], output_size=1)
    assert "\n" not in str(caught.value)
