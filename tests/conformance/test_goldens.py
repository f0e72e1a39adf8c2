"""Numbers that frameworks print, written out: what each rule means in its smallest example."""

import numpy as np
import pytest
from PIL import Image

import poolcli

NAN = float("nan")
ROOT = 2**0.5
NINE = np.arange(1.0, 10)
FIVE = np.arange(1.0, 6)
ONES = np.ones((3, 3))
SQUARE = np.arange(16.0).reshape(4, 4)


LENGTHS = [
    # length, options, cells
    (5, "-k 2", 2),  # the stride is the kernel
    (5, "-k 2 --ceil-mode", 3),
    (112, "-k 3 -s 2 -p 1", 56),
    (
        2,
        "-k 1 -s 2 --ceil-mode",
        1,
    ),  # a last window would start behind the map (ONNX's ceil_output_size_reduce_by_one)
    (2, "-k 3 -s 3 -p 1 --ceil-mode", 1),  # ... or in the padding at the end
    (4, "-k 2 -s 3 -p 1 --ceil-mode", 2),
    (32, "-k 5 -s 3 -d 2", 8),
    (32, "-k 5 -s 3 -d 2 --ceil-mode", 9),
    (2**24 + 1, "-k 2 -s 1", 2**24),  # more digits than float32 has
    (2**53 + 1, "-k 1 -s 1", 2**53 + 1),  # more than float64 has
    (5, "-k 2 -s 2 -p same", 3),  # ceil(5 / 2)
    (5, "-k 2 -s 2 -p same-lower", 3),
    (5, "-k 2 -s 2 -p valid", 2),  # ceil((5 - 2 + 1) / 2)
    (7, "-k 3 -s 2 -d 2 -p same", 4),
    (7, "-k 1 -s 3 -p same", 3),  # no padding is needed, and none is taken away
]


@pytest.mark.parametrize(("space", "text", "cells"), LENGTHS)
def test_length(space, text, cells):
    (stage,) = poolcli.plan(f"max {text}", (space,))
    assert stage.output.shape == (cells,)


@pytest.mark.parametrize(("semantics", "cells"), [("torch", 2), ("keras", 2), ("onnx", 4)])
def test_stride_that_is_not_given(semantics, cells):
    (stage,) = poolcli.plan(f"max -k 2 --semantics {semantics}", (5,))
    assert stage.output.shape == (cells,)


VALUES = {
    # PyTorch's padding holds no value: nothing darkens at a border, and a map below zero stays
    # below zero.
    "pad is no pixel": ("max", -ONES, {"kernel": 3, "stride": 2, "padding": 1}, -np.ones((2, 2))),
    "border of a constant": (
        "avg",
        200 * ONES,
        {"kernel": 2, "ceil_mode": True},
        np.full((2, 2), 200),
    ),
    "same": ("max", FIVE, {"kernel": 2, "padding": "same"}, [2, 4, 5]),
    "same-lower": ("max", FIVE, {"kernel": 2, "padding": "same-lower"}, [1, 3, 5]),
    # Divisors
    "avg, padding counted": (
        "avg",
        NINE,
        {"kernel": 7, "stride": 3, "padding": 3, "ceil_mode": True, "count_include_pad": True},
        [10 / 7, 4, 39 / 7, 4],
    ),
    "avg, padding left out": (
        "avg",
        NINE,
        {"kernel": 7, "stride": 3, "padding": 3, "ceil_mode": True},
        [2.5, 4, 6.5, 8],
    ),
    "avg, ceil": ("avg", FIVE, {"kernel": 4, "stride": 3, "ceil_mode": True}, [2.5, 4.5]),
    "avg, divisor of a clipped window": (
        "avg",
        ONES,
        {"kernel": 2, "ceil_mode": True, "divisor": 4},
        [[1, 0.5], [0.5, 0.25]],
    ),
    "avg, same leaves padding out": (
        "avg",
        [1.0, 2, 4],
        {"kernel": 2, "stride": 1, "padding": "same"},
        [1.5, 3, 4],
    ),
    "avg of whole numbers is exact": ("avg", [1, 2, -1, -4], {"kernel": 2}, [1.5, -2.5]),
    # NaN
    "max, NaN inside": ("max", [1, NAN, 5, NAN, 2], {"kernel": 5}, [NAN]),
    "max, NaN first": ("max", [NAN, 1, 5, 0, 2], {"kernel": 5}, [NAN]),
    "max, NaN last": ("max", [1, 5, 0, 2, NAN], {"kernel": 5}, [NAN]),
    "max, NaN left out": ("max", [1, NAN, 5, NAN, 2], {"kernel": 5, "nan": "ignore"}, [5]),
    "min, NaN inside": ("min", [1, NAN, 5, NAN, 2], {"kernel": 5}, [NAN]),
    # Powers
    "lp takes |x|": ("lp", [-1.0, 2], {"norm": 1}, [3]),
    "lp of an odd power": ("lp", [-3.0, -4], {"norm": 3}, [91 ** (1 / 3)]),
    "lp of clipped windows": ("lp", ONES, {"ceil_mode": True}, [[2, ROOT], [ROOT, 1]]),
    "l2 is a mean": ("l2", [1.0, 2, 3, 4], {"kernel": 4}, [7.5**0.5]),
    "gem": ("gem", [1.0, 2, 3, 4], {"kernel": 4}, [25 ** (1 / 3)]),
    "gem of what is below zero": ("gem", [-1.0, -2], {}, [1e-6]),
    "soft does not overflow": ("soft", [1000.0, 999], {}, [1000 - 1 / (1 + np.e)]),
    "mixed": ("mixed", [1.0, 3], {}, [2.5]),
    # Adaptive cells
    "more cells than pixels": ("avg", [0.0, 1, 2], {"adaptive": 5}, [0, 0.5, 1, 1.5, 2]),
    "cells overlap": ("sum", np.ones(7), {"adaptive": 3}, [3, 3, 3]),
    "cells of several sizes": ("sum", np.ones(7), {"adaptive": 5}, [2, 2, 3, 2, 2]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    op, x, options, want = VALUES[name]
    np.testing.assert_allclose(poolcli.pool(x, op, **options), want, rtol=1e-14)


# Eight-bit averages: sum and number of pixels; the exact mean rounded once. Other tools differ from
# each other here.
ROUNDED = [
    # sum, pixels, half-even, half-up and half-away, floor
    (2, 4, 0, 1, 0),
    (6, 4, 2, 2, 1),
    (8, 16, 0, 1, 0),
    (24, 16, 2, 2, 1),
    (5, 9, 1, 1, 0),
    (8, 9, 1, 1, 0),
    (4, 9, 0, 0, 0),
    (43, 4, 11, 11, 10),
]


@pytest.mark.parametrize("row", ROUNDED, ids=str)
def test_rounding(row):
    total, pixels, *wants = row
    x = np.full(pixels, total // pixels, np.uint8)
    x[: total % pixels] += 1
    even, up, down = wants
    for rule, want in {"half-even": even, "half-up": up, "half-away": up, "floor": down}.items():
        assert poolcli.pool(x, "avg", global_=True, dtype="uint8", round=rule) == [want]


@pytest.mark.parametrize("dtype", ["int8", "int64", "float32"])
def test_a_half_below_zero(dtype):
    """GDAL rounds -1.5 and -0.5 away from zero; half up is toward +infinity."""
    x = np.array([-1, -2, -1, 0, 0, 1], dtype)
    wants = {"half-away": [-2, -1, 1], "half-up": [-1, 0, 1], "half-even": [-2, 0, 0]}
    for rule, want in wants.items():
        assert poolcli.pool(x, "avg", kernel=2, dtype="int8", round=rule).tolist() == want


def test_colour_of_what_is_transparent_does_not_count(cli, tmp_path):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, 0] = 255, 0, 0, 255
    Image.fromarray(pixels).save(tmp_path / "x.png")
    assert cli("avg", "x.png", "-o", "y.png").code == 0
    assert np.asarray(Image.open(tmp_path / "y.png")).tolist() == [[[255, 0, 0, 64]]]


@pytest.mark.parametrize(("words", "want"), [([], 128), (["--linear"], 188)])
def test_chequered_gray(cli, tmp_path, words, want):
    Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).save(tmp_path / "x.png")
    assert cli("avg", *words, "x.png", "-o", "y.png").code == 0
    assert np.asarray(Image.open(tmp_path / "y.png")).tolist() == [[want]]


TORCH = {"semantics": "torch"}
INDICES = {
    # op, array, options, values, indices
    "ties: the first": ("max", [5, 5, 1, 5], {"kernel": 4}, [5], [0]),
    "min, ties: the first": ("min", [5, 1, 1, 5], {"kernel": 4}, [1], [1]),
    "in the map, not in the window": ("max", [0, 1, 2, 9, 3, 4], {"kernel": 3}, [2, 9], [2, 3]),
    "padding does not count": (
        "max",
        [3, 1, 2],
        {"kernel": 3, "stride": 2, "padding": 1},
        [3, 2],
        [0, 2],
    ),
    "plane": ("max", np.arange(8.0).reshape(2, 2, 2), {}, [[[3]], [[7]]], [[[3]], [[3]]]),
    "tensor": (
        "max",
        np.arange(8.0).reshape(2, 2, 2),
        {"index_order": "tensor"},
        [[[3]], [[7]]],
        [[[3]], [[7]]],
    ),
    "one NaN": ("max", [1, NAN, 5], {"kernel": 3}, [NAN], [1]),
    "dilated": ("max", [1, 9, 2, 8, 3], {"kernel": 3, "dilation": 2}, [3], [4]),
    "adaptive": ("max", [4, 1, 2, 3, 0], {"adaptive": 2}, [4, 3], [0, 3]),
}


@pytest.mark.parametrize("name", INDICES)
def test_indices(name):
    op, x, options, values, places = INDICES[name]
    result = poolcli.pool(x, op, return_indices=True, **options)
    np.testing.assert_array_equal(result[0], values)
    np.testing.assert_array_equal(result[1], places)
    assert result[1].dtype == np.int64


def test_of_several_nan_torch_gives_the_last():
    _, places = poolcli.pool(
        [1, NAN, 5, NAN, 2], "max", kernel=5, return_indices=True, semantics="torch"
    )
    assert places.tolist() == [3]


# Reducer, input, options, result: order statistics, other windows, other frameworks.
SEMANTICS = {
    "median of an even window": ("median", [1.0, 2, 3, 4], {"kernel": 4}, [2.5]),
    "median, lower": (
        "quantile",
        [1.0, 2, 3, 4],
        {"kernel": 4, "q": 0.5, "interpolation": "lower"},
        [2],
    ),
    "quantile, linear": ("quantile", [1.0, 2, 3, 4], {"kernel": 4, "q": 0.9}, [3.7]),
    "mode": ("mode", [3, 1, 3, 1, 2], {"kernel": 5}, [1]),
    "stochastic of zeros": ("stochastic", [0.0, 0], {}, [0]),
    "sample": ("sample", FIVE, {}, [1, 3, 5]),
    "blur reflects": ("blur", FIVE, {}, [1.5, 3, 4.5]),
    "pyramid has n x n cells": (
        "sum",
        np.ones((1, 1, 11, 11)),
        {"levels": (4,)},
        [np.outer([3, 4, 4, 3], [3, 4, 4, 3]).ravel()],
    ),
    "fractional": (
        "max",
        np.arange(49.0).reshape(1, 1, 7, 7),
        {"kernel": 2, "fractional": 3, "samples": np.array([[[0.3, 0.8]]])},
        [[[[8, 11, 13], [22, 25, 27], [43, 46, 48]]]],
    ),
    "boxes": (
        "max",
        SQUARE,
        {"boxes": [[0, 0, 3, 3]], "output_size": 2},
        [[[5, 7], [13, 15]]],
    ),
    "boxes, bins overlap": (
        "max",
        SQUARE,
        {"boxes": [[1, 1, 3, 3]], "output_size": 2},
        [[[10, 11], [14, 15]]],
    ),
    "boxes, half away from zero": (
        "max",
        SQUARE,
        {"boxes": [[1.5, 1.5, 2.5, 2.5]], "output_size": 1},
        [[[15]]],
    ),
    "torch's median": ("median", [1.0, 2, 3, 4], {"kernel": 4, **TORCH}, [2]),
    "torch's lp has no |x|": ("lp", [-1.0, 2], {"norm": 1, **TORCH}, [1]),
    "torch's lp of a sum below zero": ("lp", [-3.0, 2], {"norm": 3, **TORCH}, [NAN]),
    "torch's lp of clipped windows": (
        "lp",
        ONES,
        {"ceil_mode": True, **TORCH},
        np.full((2, 2), 2),
    ),
    "onnx's lp of clipped windows": (
        "lp",
        ONES,
        {"stride": 2, "ceil_mode": True, "semantics": "onnx"},
        [[2, ROOT], [ROOT, 1]],
    ),
    "torch counts padding": (
        "avg",
        NINE,
        {"kernel": 7, "stride": 3, "padding": 3, "ceil_mode": True, **TORCH},
        [10 / 7, 4, 39 / 7, 4],
    ),
    "onnx does not": (
        "avg",
        NINE,
        {"kernel": 7, "stride": 3, "padding": 3, "ceil_mode": True, "semantics": "onnx"},
        [2.5, 4, 6.5, 8],
    ),
}


@pytest.mark.parametrize("name", SEMANTICS)
def test_values_of_semantics(name):
    op, x, options, want = SEMANTICS[name]
    result = poolcli.pool(x, op, **options)
    assert result.shape == np.shape(want)
    np.testing.assert_allclose(result, want, rtol=1e-14)


ALIGN = [
    (["--aligned"], [[1.5625, 3], [7.3125, 8.75]]),  # ONNX's half_pixel
    (
        ["--no-aligned"],
        [[3.75, 5.25], [9.75, 11.25]],
    ),  # ONNX's output_half_pixel, torchvision's default
]


@pytest.mark.parametrize(("words", "want"), ALIGN)
def test_roi_align(cli, tmp_path, words, want):
    np.save(tmp_path / "x.npy", SQUARE[None, None].astype(np.float32))
    np.save(tmp_path / "boxes.npy", np.array([[0.0, 0, 0, 3, 3]]))
    options = ["--boxes", "boxes.npy", "--output-size", 2, "--sampling-ratio", 2, *words]
    assert cli("roi-align", *options, "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), [[want]], rtol=1e-6)


def test_unpool_puts_maxima_back(cli, tmp_path):
    np.save(tmp_path / "x.npy", np.array([[6.0, 8], [14, 16]], np.float32))
    np.save(tmp_path / "indices.npy", np.array([[5, 7], [13, 15]]))
    words = ["--indices", "indices.npy", "--output-size", "4x4"]
    assert cli("unpool", *words, "x.npy", "-o", "y.npy").code == 0
    want = [[0, 0, 0, 0], [0, 6, 0, 8], [0, 0, 0, 0], [0, 14, 0, 16]]
    assert np.load(tmp_path / "y.npy").tolist() == want
