"""Differences between frameworks, with values from the frameworks' own sources and programs."""

import math

import numpy as np
import pytest
from compared import ALL, rules, told

from poolcli.errors import RequestError, ShapeError

NAN = math.nan


ROOT = 2**0.5


def test_the_divisor_counts_padding_or_not():
    """x = 1..9, k 7, s 3, p 3, ceil: PyTorch and ONNX in their defaults."""
    each = told("avg -k 7 -s 3 -p 3 --ceil-mode", np.arange(1.0, 10))["onnx", "values"]
    assert rules(each) == ["divisor of avg"]
    assert (each.cells, each.first) == (3, (0,))
    assert each.values == pytest.approx((10 / 7, 2.5))
    assert each.largest == pytest.approx(4)
    assert each.shape == (4,)


def test_a_framework_without_ceil_mode_is_told():
    each = told("max -k 2 -s 2 --ceil-mode", np.arange(5.0))
    assert not each["onnx", "values"].differs
    assert [lack.what for lack in each["keras", "values"].missing] == ["no ceil mode"]
    assert each["keras", "values"].differs


@pytest.mark.parametrize(
    ("text", "torch", "onnx", "keras"),
    [
        ("max -k 3 -s 2 -p 1", [], [], ["no padding in numbers"]),
        ("max -k 3 -s 2 -p 2", ["no padding above half the kernel"], [], ["no padding in numbers"]),
        ("max -k 3x5 -s 2 -p 1x2", [], [], ["no padding in numbers"]),
        ("max -k 3 -s 2 -p 0:1", ["no unequal padding"], [], ["no padding in numbers"]),
        ("lp -k 3 -s 2 -p 1", ["no padding of lp"], [], ["no padding in numbers", "no lp"]),
        ("avg -k 3 -s 2 -p same", ["no padding same"], [], []),
        ("max -k 2 -s 2 -d 2", [], [], ["no dilation"]),
        ("avg -k 2 -s 2 -d 2", ["no dilation"], [], ["no dilation"]),
        ("avg -k 2 -s 2 --divisor 3", [], ["no divisor"], ["no divisor"]),
        ("max --adaptive 3", [], [], []),
        ("weighted -k 3", [], [], []),
    ],
)
def test_what_a_framework_does_not_have(text, torch, onnx, keras):
    """Asked of PyTorch 2.13, onnxruntime 1.31 and the arguments of Keras 3.15."""
    each = told(text, np.arange(49.0).reshape(7, 7), "poolcli", *ALL)
    found = [[lack.what for lack in each[name, "values"].missing] for name in ALL]
    assert found == [torch, onnx, keras]


def test_ceil_mode_is_one_rule_in_torch_and_onnx():
    """The last window of five pixels would start in the padding: both drop it."""
    each = told("max -k 2 -s 2 -p 1 --ceil-mode", np.arange(1.0, 6))["onnx", "values"]
    assert (each.shape, each.cells) == ((3,), 0)


@pytest.mark.parametrize(
    ("line", "torch", "onnx"), [([1, NAN, 5, NAN, 2], NAN, 5), ([NAN, 1, 5, 0, 2], NAN, 5)]
)
def test_nan_in_max(line, torch, onnx):
    each = told("max -k 5 -s 5", line)["onnx", "values"]
    assert rules(each) == ["NaN in max"]
    assert (each.cells, each.largest) == (1, None)
    np.testing.assert_array_equal(each.values, (torch, onnx))


def test_which_nan_an_index_means():
    each = told("max -k 5 -s 5", [1, NAN, 5, NAN, 2], "poolcli", "torch", "onnx")
    assert not each["torch", "values"].differs
    assert (each["torch", "indices"].values, rules(each["torch", "indices"])) == (
        (1, 3),
        ["index of a NaN"],
    )
    assert (each["onnx", "indices"].values, rules(each["onnx", "indices"])) == (
        (1, 2),
        ["NaN in max"],
    )


def test_the_order_of_indices():
    """A 1x2x2x2 input: PyTorch counts in the plane, onnxruntime gives [3, 7]."""
    each = told("max -k 2 -s 2", np.arange(8.0).reshape(1, 2, 2, 2))
    assert not each["onnx", "values"].differs
    assert (each["onnx", "indices"].values, each["onnx", "indices"].first) == ((3, 7), (0, 1, 0, 0))
    assert rules(each["onnx", "indices"]) == ["index of max"]
    assert [lack.what for lack in each["keras", "indices"].missing] == ["no index"]
    assert not each["keras", "indices"].differs


def test_lp_of_partial_windows():
    each = told("lp -k 2 -s 2 --ceil-mode", np.ones((3, 3)))["onnx", "values"]
    assert rules(each) == ["lp"]
    assert (each.cells, each.size, each.first) == (3, 4, (0, 1))
    assert each.values == pytest.approx((2, ROOT))


@pytest.mark.parametrize(
    ("line", "norm", "torch", "onnx"), [([-1.0, 2], 1, 1, 3), ([-3.0, 2], 3, NAN, 35 ** (1 / 3))]
)
def test_lp_of_signed_values(line, norm, torch, onnx):
    each = told(f"lp -k 2 -s 2 --norm {norm}", line)["onnx", "values"]
    assert rules(each) == ["lp"]
    np.testing.assert_allclose(each.values, (torch, onnx), rtol=1e-6)


def test_lp_of_positive_values_differs_by_rounding_only():
    x = np.random.default_rng(0).random((1, 2, 12, 12), np.float32)
    assert told("lp -k 3 -s 3 --norm 3", x)["onnx", "values"].cells == 0


def test_median_of_an_even_window():
    each = told("median -k 4 -s 4", [1.0, 2, 3, 4], "poolcli", *ALL)
    assert (each["torch", "values"].values, rules(each["torch", "values"])) == (
        (2.5, 2),
        ["median of an even window"],
    )
    assert [lack.what for lack in each["onnx", "values"].missing] == ["no median"]


def test_roi_align():
    """Half a pixel of aligned boxes, and ONNX's maximum of corners, on arange(16) by hand."""
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    box = "roi-align --boxes '[[0, 0, 3, 3]]' --output-size 2 --sampling-ratio 2"
    mean = told(box, x)["onnx", "values"]
    assert (mean.values, rules(mean)) == ((3.75, 1.5625), ["roi-align, half a pixel"])
    most = told(f"{box} --mode max", x, "poolcli", "onnx", "torch")
    assert (most["onnx", "values"].values[1], rules(most["onnx", "values"])) == (
        2.5,
        ["roi-align, mode max"],
    )
    assert [lack.what for lack in most["torch", "values"].missing] == ["no max"]


def test_a_stride_that_is_not_given():
    each = told("max -k 2 | avg -k 2", np.arange(49.0).reshape(7, 7))["onnx", "values"]
    assert (each.shape, each.cells, each.values) == ((5, 5), None, None)
    assert [(cause.step, cause.rule.name) for cause in each.causes] == [
        (1, "stride, when not given"),
        (2, "stride, when not given"),
    ]


def test_what_is_written_is_no_difference():
    text = "avg -k 3 -s 2 -p 1 --no-count-include-pad | max -k 2 -s 2 --nan propagate"
    assert not told(text, np.arange(49.0).reshape(7, 7))["onnx", "values"].differs


def test_the_reference_is_the_first_that_has_all():
    each = told("median -k 4 -s 4", [1.0, 2, 3, 4], "onnx", "torch", "poolcli")
    assert {one.reference for one in each.values()} == {"torch"}
    assert each["poolcli", "values"].values == (2, 2.5)


def test_indices_are_compared_where_results_are_pixels():
    assert ("torch", "indices") not in told("avg -k 2", np.arange(4.0))
    each = told("median -k 4 -s 4", [1.0, 2, 3, 4], "torch", "poolcli")
    assert [lack.what for lack in each["poolcli", "indices"].missing] == ["no index"]


def test_a_profile_that_refuses_is_told():
    """poolcli refuses a window without a pixel, of which PyTorch gives -inf."""
    each = told("max -k 2 -s 1 -p 1 -d 2", np.ones((1, 1)), "torch", "poolcli")
    (lack,) = each["poolcli", "values"].missing
    assert lack.what.startswith("refused: ")
    assert "without a pixel" in lack.what
    assert each["torch", "values"].shape == (1, 1)
    assert each["poolcli", "values"].differs


def test_a_map_that_no_profile_takes_is_an_error():
    with pytest.raises(ShapeError, match="use a kernel of at most 1"):
        told("max -k 4", np.ones((1, 1)))


def test_several_maps_are_refused():
    with pytest.raises(RequestError, match="several maps"):
        told("pyramid --op avg --levels 2", np.arange(64.0).reshape(8, 8))
