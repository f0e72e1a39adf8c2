"""Unpooling: back where maxima were, and what is no index."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import poolcli

HALVES = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=8),
    elements=st.integers(-20, 20).map(lambda number: number / 2),
)


@settings(deadline=None)
@given(HALVES, st.integers(1, 3), st.integers(1, 3), st.sampled_from(["plane", "tensor", "nhwc"]))
def test_unpool_restores_the_maxima(x, kernel, stride, order):
    kernel = min(kernel, *x.shape[-2:])
    x = np.abs(x) + 1
    told = {"kernel": kernel, "stride": stride, "index_order": order}
    values, places = poolcli.pool(x, "max", return_indices=True, **told)
    back = poolcli.pool(
        values, "unpool", indices=places, output_size=x.shape[-2:], index_order=order
    )
    assert back.shape == x.shape
    np.testing.assert_array_equal(back[back != 0], x[back != 0])
    np.testing.assert_array_equal(poolcli.pool(back, "max", kernel=kernel, stride=stride), values)


def test_unpool_finds_the_size_that_windows_fit():
    values, places = poolcli.pool(
        np.arange(49.0).reshape(7, 7), "max", kernel=3, stride=2, return_indices=True
    )
    assert poolcli.pool(values, "unpool", indices=places, kernel=3, stride=2).shape == (7, 7)
    assert poolcli.pool(
        [1, 2], "unpool", indices=[0, 3], padding=1, kernel=4, stride=2
    ).tolist() == [1, 0, 0, 2]


def test_unpool_leaves_empty_windows_out_and_keeps_the_dtype():
    result = poolcli.pool(np.array([9, 8], np.uint8), "unpool", indices=[-1, 2])
    assert (result.tolist(), result.dtype) == ([0, 0, 8, 0], np.uint8)


WRONG = [
    ([0, 4], {}, poolcli.PoolError, "`indices` has 4, which is outside"),
    ([-2, 0], {}, poolcli.PoolError, "`indices` has -2"),
    ([0, 1, 2], {}, poolcli.ShapeError, "its shape is 3, and the map's 2"),
    ([0.0, 1.0], {}, poolcli.RequestError, "holds float64: indices are whole numbers"),
    ([0, 1], {"output_size": (2, 2)}, poolcli.ShapeError, "`output_size` has 2 numbers"),
    ([0, 1], {"padding": "same"}, poolcli.RequestError, "give `output_size`"),
    ([0, 1], {"padding": 3}, poolcli.ShapeError, "leaves no pixel"),
    ("none.npy", {}, poolcli.RequestError, "`indices` none.npy: there is no such file"),
    (None, {}, poolcli.RequestError, "needs `indices`"),
]


@pytest.mark.parametrize(("indices", "told", "error", "says"), WRONG, ids=str)
def test_unpool_refuses(indices, told, error, says):
    with pytest.raises(error, match=says) as caught:
        poolcli.pool([5, 6], "unpool", indices=indices, **told)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("order", ["plane", "tensor", "nhwc"])
def test_indices_in_the_size_that_windows_fit(order):
    """ONNX's node test: 4x4 is what windows of 2x2 fit, and the output is 5x5."""
    values, indices = poolcli.pool(
        np.arange(32.0).reshape(2, 4, 4), "max", index_order=order, return_indices=True
    )
    options = {"indices": indices, "kernel": 2, "index_order": order}
    small = poolcli.pool(values, "unpool", **options)
    large = poolcli.pool(values, "unpool", output_size=5, indices_in="windows", **options)
    np.testing.assert_array_equal(large, np.pad(small, ((0, 0), (0, 1), (0, 1))))
    with pytest.raises(poolcli.ShapeError, match="3x3 is less than the 4x4"):
        poolcli.pool(values, "unpool", output_size=3, indices_in="windows", **options)


def test_explain_finds_an_index_in_the_size_that_windows_fit(cli, tmp_path):
    np.save(tmp_path / "v.npy", [[5.0, 6], [7, 8]])
    np.save(tmp_path / "i.npy", [[5, 7], [13, 15]])
    step = "unpool --indices i.npy -k 2 --output-size 5 --indices-in windows"
    ran = cli("explain", step, "v.npy", "--at", "3,1")
    assert "y[3, 1] = x[1, 0]" in ran.text


@pytest.mark.parametrize("order", ["tensor", "nhwc"])
def test_an_index_of_another_plane_is_outside(order):
    x = np.ones((2, 1, 1))
    with pytest.raises(poolcli.PoolError, match="outside of its plane"):
        poolcli.pool(x, "unpool", indices=np.array([[[0]], [[0]]]), index_order=order)
