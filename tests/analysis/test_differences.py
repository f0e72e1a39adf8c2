"""Two semantics that differ are told apart, with the values that the frameworks' own sources and programs give."""

import json
import math

import numpy as np
import pytest

import poolcli
from poolcli.analysis.comparison.facts import differing
from poolcli.analysis.comparison.framework_differences import differences
from poolcli.errors import RequestError
from poolcli.pipeline.pipeline import as_map
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.table import OPS

NAN = math.nan
ROOT = 2**0.5
ALL = ("torch", "onnx", "keras")


def told(text, x, *profiles):
    """By profile and fact: how it differs from the first."""
    found = differences(text, profiles or ALL, as_map(np.asarray(x)))
    return {(each.profile, each.of): each for each in found}


def rules(difference):
    return [cause.rule.name for cause in difference.causes]


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
    """arange(16), box 0,0,3,3 to 2x2 with two samples: half a pixel, and the corners of ONNX's max."""
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


def test_only_the_rule_that_matters_is_named():
    """Of all that torch and onnx do differently in a max of whole numbers, only the order of indices shows."""
    each = told("max -k 2 -s 2", np.arange(32).reshape(2, 4, 4))
    assert rules(each["onnx", "indices"]) == ["index of max"]


def test_branches_are_told_too():
    text = "fuse 'avg -k 3 -p 1 -s 2' 'max -k 3 -p 1 -s 2' --merge sum"
    each = told(text, np.arange(49.0).reshape(7, 7))["onnx", "values"]
    one, other = (
        poolcli.parse(text.replace("-s 2'", f"-s 2 --semantics {name}'"))
        for name in ("torch", "onnx")
    )
    x = np.arange(49.0).reshape(7, 7)
    assert each.largest == pytest.approx(abs(one(x) - other(x)).max())
    assert rules(each) == ["divisor of avg"]


def test_the_reference_is_the_first_that_has_all():
    each = told("median -k 4 -s 4", [1.0, 2, 3, 4], "onnx", "torch", "poolcli")
    assert {one.reference for one in each.values()} == {"torch"}
    assert each["poolcli", "values"].values == (2, 2.5)


def test_indices_are_compared_where_results_are_pixels():
    assert ("torch", "indices") not in told("avg -k 2", np.arange(4.0))
    each = told("median -k 4 -s 4", [1.0, 2, 3, 4], "torch", "poolcli")
    assert [lack.what for lack in each["poolcli", "indices"].missing] == ["no index"]


def test_several_maps_are_refused():
    with pytest.raises(RequestError, match="several maps"):
        told("pyramid --op avg --levels 2", np.arange(64.0).reshape(8, 8))


def test_rounding_is_no_difference():
    x = np.array([1, 1, 0, NAN, math.inf], np.float32)
    y = np.array([1 + 2e-7, 1 + 1e-5, 1e-30, NAN, math.inf], np.float32)
    assert differing(x, y).tolist() == [False, True, True, False, False]
    assert differing(np.array([2**60]), np.array([2**60 + 1])).all()


def options_that_differ():
    for name, op in OPS.items():
        for one in PROFILES:
            for other in PROFILES:
                mine, theirs = op.defaults(one), op.defaults(other)
                yield from (
                    (name, key) for key in mine if mine[key] != theirs[key] and key != "semantics"
                )


@pytest.mark.parametrize(("op", "option"), sorted(set(options_that_differ())))
def test_each_difference_of_profiles_has_its_rule(op, option):
    under = [rule for rule in RULES if rule.option == option and (not rule.ops or op in rule.ops)]
    assert under
    assert all(set(rule.does) == set(PROFILES) for rule in under)


def test_each_formula_of_a_framework_has_its_rule():
    for profile in PROFILES.values():
        for op in profile.functions:
            assert any(not rule.option and op in rule.ops and not rule.indices for rule in RULES), (
                op
            )


# On the command line.


@pytest.fixture
def x_npy(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(49.0, dtype=np.float32).reshape(1, 1, 7, 7))


STEP = "avg -k 3 -s 2 -p 1 --ceil-mode"


def test_the_table_names_rule_and_source(cli, x_npy):
    ran = cli("compare", "x.npy", STEP, "--semantics", "torch,onnx,keras")
    assert (ran.code, ran.err) == (0, "")
    (onnx,) = [line for line in ran.text.splitlines() if line.startswith("onnx")]
    assert "divisor of avg: window with padding (count_include_pad) / valid pixels" in onnx
    assert "AveragePool2d.cpp; ONNX AveragePool" in onnx
    assert "12 of 16" in onnx
    assert "no ceil mode" in ran.text
    assert "no padding in numbers" in ran.text


@pytest.mark.parametrize(
    ("names", "code"), [("torch,onnx", 1), ("torch,keras", 1), ("onnx,poolcli", 0), ("torch", 1)]
)
def test_check_guards(cli, x_npy, names, code):
    assert cli("compare", "x.npy", STEP, "--semantics", names, "--check", "-q").code == code
    assert cli("compare", "x.npy", STEP, "--semantics", names, "-q").code == 0


def test_check_passes_where_a_framework_only_has_no_index(cli, x_npy):
    ran = cli("compare", "x.npy", "max -k 2 -s 2", "--semantics", "torch,keras", "--check")
    assert ran.code == 0
    assert "no index" in ran.text


def test_json_is_json(cli, tmp_path):
    np.save(tmp_path / "n.npy", [1, NAN, 5, NAN, 2])
    ran = cli("compare", "n.npy", "max -k 5 -s 5", "--semantics", "torch,onnx", "--report", "json")
    values, *_ = (
        each
        for each in json.loads(ran.text)
        if (each["semantics"], each["of"]) == ("onnx", "values")
    )
    assert values["reference_value"] == "nan"
    assert (values["value"], values["first_cell"], values["differs"]) == (5.0, [0], True)
    assert values["rules"][0]["rule"] == "NaN in max"


def test_csv_has_a_line_for_each(cli, x_npy):
    lines = cli(
        "compare", "x.npy", STEP, "--semantics", "torch,onnx,keras", "--report", "csv"
    ).text.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("input,pipeline,semantics,")


def test_random_values_are_the_same_each_time(cli):
    words = ("compare", "--input", "1x2x9x9", STEP, "--semantics", "torch,onnx", "--report", "json")
    first, second = cli(*words), cli(*words)
    assert first.out == second.out
    assert json.loads(first.text)[1]["differing_cells"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("x.npy", "max", "--semantics", "torch,onxx"), "did you mean onnx?"),
        (("x.npy", "max", "--semantics", "poolcli"), "a framework to compare with"),
        (("x.npy", "max", "--semantics", "torch", "-o", "s.png"), "leave them out"),
        (("x.npy", "max", "--check"), "give --semantics"),
        (("x.npy", "--semantics", "torch"), "give a pipeline"),
        (("x.npy", "max", "--input", "3x3", "--semantics", "torch"), "not both"),
        (("max", "--input", "3y3", "--semantics", "torch"), "--input 3y3"),
        (("x.npy", "pyramid --op avg", "--semantics", "torch"), "several maps"),
    ],
)
def test_wrong_requests_are_one_line(cli, x_npy, words, message):
    ran = cli("compare", *words)
    assert ran.code == 2
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_half_of_one_profile_and_half_of_another_need_not_fit(cli, tmp_path):
    """Without the strides of 1 the second window does not fit the map that is left."""
    np.save(tmp_path / "s.npy", np.arange(25.0).reshape(5, 5))
    ran = cli(
        "compare", "s.npy", "max -k 2 | avg -k 2 -p 1 | max -k 3 -s 1", "--semantics", "onnx,torch"
    )
    assert ran.code == 1
    assert "--semantics torch" in ran.err
    ran = cli(
        "compare",
        "s.npy",
        "fuse 'max -k 2' 'avg -k 2 -s 2' | max -k 2",
        "--semantics",
        "poolcli,onnx",
    )
    assert ran.code == 1
    assert "the branches disagree" in ran.err


def test_no_stride_is_the_only_default_that_cannot_be_written():
    missing = {
        name
        for op in OPS.values()
        for profile in PROFILES
        for name, value in op.defaults(profile).items()
        if value is None and any(op.defaults(other)[name] is not None for other in PROFILES)
    }
    assert missing == {"stride"}
