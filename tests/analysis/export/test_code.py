"""The code of other libraries: what is printed gives poolcli's numbers, and what is not printed has
its reason.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import poolcli
from poolcli import parse
from poolcli.analysis.export.code import code_of, target_named
from poolcli.analysis.export.target import Target
from poolcli.errors import ValueRuleError
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import default_layout
from poolcli.pipeline.table import OPS

NEEDED = {"torch": ["torch"], "onnx": ["onnx", "onnxruntime"], "keras": ["keras"], "numpy": []}
SHAPES = {1: (2, 3, 13), 2: (2, 3, 12, 13), 3: (2, 2, 7, 6, 8)}
LAYOUTS = {1: "NCL", 2: "NCHW", 3: "NCDHW"}


def need(target):
    if target == "keras":
        target_named("keras").shown_version()  # chooses a backend that is there
    for name in NEEDED[target]:
        pytest.importorskip(name, reason=f"{name} is not installed")


def printed(target, text, shape, layout=None, dtype="float32"):
    form = Form(tuple(shape), np.dtype(dtype), layout or default_layout(len(shape)))
    return code_of(target, parse(text), form, parse(text).plan(form))


def assert_equal(target, text, shape, layout=None, dtype="float32"):
    """The code, run by itself on other numbers than those it was checked with, gives poolcli's
    result.
    """
    program = printed(target, text, shape, layout, dtype)
    assert program.splitlines()[1].startswith("# checked: ")
    x = np.random.default_rng(7).normal(size=shape).astype(dtype)
    found = target_named(target).run(program, x)
    expected = poolcli.parse(text)(x, layout)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    tight = 3e-5 if dtype == "float32" else 1e-10
    np.testing.assert_allclose(found, expected, rtol=tight, atol=tight * np.abs(expected).max())


def reason(target, text, shape):
    """Why there is no code, or "" where there is, and it gives the same."""
    try:
        assert_equal(target, text, shape)
    except (poolcli.ShapeError, ValueRuleError) as error:
        return str(error)
    return ""


WINDOWS = [
    "-k 3 -s 2",
    "-k 2",
    "-k 3 -s 2 -p 1",
    "-k 3 -s 2 -p same",
    "-k 2 -s 3 --ceil-mode",
    "-k 2 -d 2 -s 1",
    "-k 3 -s 2 -p 0:1 --ceil-mode",
    "--global",
]
FOLDS = ["max", "min", "avg", "sum", "range", "l2", "lp", "gem", "mixed"]
GATHERS = [
    "std",
    "var",
    "lse --sharpness 2",
    "soft",
    "median",
    "median --interpolation lower",
    "quantile --q .3",
    "lp --norm 3",
]


@pytest.mark.parametrize("dims", SHAPES)
@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("op", [*FOLDS, *GATHERS])
def test_numpy_has_every_reducer_for_sliding_windows(op, windows, dims):
    assert_equal("numpy", f"{op} {windows}", SHAPES[dims], LAYOUTS[dims], "float64")


@pytest.mark.parametrize("dims", SHAPES)
@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("op", FOLDS)
def test_torch_has_folds(op, windows, dims):
    need("torch")
    assert_equal(
        "torch",
        f"{op} {windows}",
        SHAPES[dims],
        LAYOUTS[dims],
        "float64" if dims == 2 else "float32",
    )


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("op", FOLDS)
def test_onnx_has_folds(op, windows, dims):
    need("onnx")
    assert_equal("onnx", f"{op} {windows}", SHAPES[dims], LAYOUTS[dims])


EQUAL = [
    ("torch", "max -k 3 -s 2 -p 1 | avg -k 2 | avg --global"),
    ("torch", "avg -k 3 -s 2 -p 1 --semantics torch"),
    ("torch", "avg -k 3 -s 2 -p 1 --ceil-mode --count-include-pad"),
    ("torch", "avg -k 2 --divisor 3 --ceil-mode"),
    ("torch", "avg -k 3 -s 2 -p 0:1 --divisor 3"),
    ("torch", "avg -k 3 -s 2 -p 1:0 --count-include-pad"),
    ("torch", "lp -k 2 --norm 2 --ceil-mode --semantics torch"),
    ("torch", "std -k 3 -s 2"),
    ("torch", "median -k 3 -s 1 --interpolation lower | quantile -k 2 --q .25"),
    ("torch", "soft -k 2 -d 2 -s 1"),
    ("torch", "lse --global --sharpness 3"),
    ("torch", "max --adaptive 5x4"),
    ("torch", "avg --adaptive 5"),
    ("torch", "range --adaptive 5"),
    ("torch", "mixed --adaptive 3 --alpha .25"),
    ("torch", "max --levels 1,2,4"),
    ("torch", "gem --levels 1,2"),
    ("torch", "sample -s 3"),
    ("torch", "blur --filter 4 -s 2"),
    ("torch", "weighted -k 3 -s 2"),
    ("torch", "weighted -k 3 -p 1:0 --no-normalize"),
    ("torch", "restore --output-size 20x7"),
    ("torch", "restore --output-size 20x7 --interpolation bilinear"),
    ("onnx", "max -k 3 -s 2 -p 1 | avg --global"),
    ("onnx", "avg -k 3 -s 2 -p 1 --count-include-pad"),
    ("onnx", "avg -k 3 -s 1 --divisor 4"),
    ("onnx", "max --adaptive 6x13"),
    ("onnx", "max -k 3 -s 2 --semantics onnx"),
    ("onnx", "sample -s 3"),
    ("onnx", "restore --output-size 20x7"),
    ("onnx", "restore --output-size 20x7 --interpolation bilinear"),
    ("numpy", "max --adaptive 5x4 | blur --filter 2 -s 1"),
    ("numpy", "quantile --adaptive 5 --q .8"),
    ("numpy", "avg --levels 1,2,3"),
    ("numpy", "weighted -k 3 -s 2 -p 1"),
    ("numpy", "avg -k 3 -s 2 -p 1 --count-include-pad"),
    ("numpy", "lp -k 2 --semantics torch"),
    ("numpy", "avg -k 3 -s 2 -p same --border wrap:clip"),
    ("numpy", "std -k 3 -s 1 -p 4 --border reflect"),
    ("numpy", "weighted -k 3 -p 1 --border 2:edge"),
    ("numpy", "median -k 5 -s 2 -p same --footprint disk"),
    ("numpy", "avg -k 3 -s 1 -p 1 --border 0:wrap --footprint cross"),
    ("numpy", "restore --output-size 20x7"),
    ("keras", "max -k 3 -s 2 | avg -k 2 -s 1 -p same | max --global"),
    ("keras", "avg -k 3 -s 1 -p same"),
    ("keras", "max --adaptive 6x13"),
    ("keras", "avg --global"),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("target", "text"), EQUAL)
def test_code_gives_the_same(target, text):
    need(target)
    assert_equal(target, text, SHAPES[2])


@pytest.mark.parametrize("shape", [(3, 12, 13), (2, 3, 12, 13)])
def test_torch_without_a_batch(shape):
    need("torch")
    assert_equal("torch", "max -k 3 -s 2 -p 1 | avg --levels 1,2", shape)


def test_other_layouts():
    assert_equal("numpy", "avg -k 3 -s 2 -p 1", (2, 12, 13, 3), "NHWC")
    assert_equal("numpy", "max -k 3 -d 2 -s 1", (13,), "L")
    need("keras")
    assert_equal("keras", "max -k 3 -s 2", (2, 12, 13, 3), "NHWC")


@pytest.mark.parametrize(
    ("target", "text", "why"),
    [
        ("keras", "max -k 3 -s 2 --ceil-mode", "no ceil mode"),
        ("keras", "max -k 3 -s 2 -p 1", "valid or same"),
        ("keras", "max -k 3 -d 2", "no dilation"),
        ("keras", "median -k 3", "has no median"),
        ("keras", "max --adaptive 5", "uneven sizes"),
        ("keras", "avg -k 3 --divisor 2", "divides by the pixels inside"),
        ("torch", "median -k 3 -p 1", "cannot leave padding out"),
        ("torch", "mode -k 3", "no most frequent value"),
        ("torch", "lp -k 3 -p 1 --semantics torch", "LPPool has no padding"),
        ("torch", "sum --adaptive 5", "how many pixels"),
        ("torch", "max --fractional 3 -k 2", "drawn by poolcli"),
        ("torch", "max --boxes [[0,0,0,3,3]] --output-size 2", "torchvision"),
        ("torch", "roi-align --boxes [[0,0,0,3,3]] --output-size 2", "torchvision"),
        ("torch", "stochastic -k 2", "what is drawn"),
        ("torch", "max -k 2 --nodata 3", "--nodata"),
        ("torch", "max -k 2 --nan ignore", "NaN"),
        ("torch", "fuse 'max -k 2' 'avg -k 2'", "branches"),
        ("torch", "pyramid --op max --levels 2", "several maps"),
        ("onnx", "median -k 3", "has no median"),
        ("onnx", "max --adaptive 5", "uneven sizes"),
        ("onnx", "blur", "has no blur"),
        ("onnx", "lp -k 2 --semantics torch", "does not compute"),
        ("numpy", "mode -k 2", "no most frequent value"),
    ],
)
def test_says_why_there_is_none(target, text, why):
    with pytest.raises(ValueRuleError, match=why):
        printed(target, text, SHAPES[2])


def test_unpool_has_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("where.npy", np.zeros((2, 3, 4, 4), np.int64))
    with pytest.raises(ValueRuleError, match="indices are in a file"):
        printed("torch", "unpool --indices where.npy --output-size 8", (2, 3, 4, 4))


@pytest.mark.parametrize("target", ["torch", "keras", "onnx", "numpy"])
@pytest.mark.parametrize("op", [name for name, op in OPS.items() if not op.required])
def test_every_operation_has_code_or_a_reason(target, op):
    need(target)
    for windows in ("", "-k 3 -s 2 -p 1", "--adaptive 5", "--levels 1,2"):
        try:
            text = str(parse(f"{op} {windows}"))
        except poolcli.RequestError:
            continue
        said = reason(target, text, SHAPES[2])
        assert said == "" or said.startswith("there is no such code for ")


def test_types_that_are_not_pooled_there():
    with pytest.raises(ValueRuleError, match="float32 and float64 alone"):
        printed("torch", "max -k 2", SHAPES[2], dtype="uint8")
    with pytest.raises(ValueRuleError, match="NCHW"):
        printed("torch", "max -k 2", (12, 13))
    assert "np.max(w" in printed("numpy", "max -k 2", (12, 13), dtype="uint8")


SIZES = st.integers(1, 4)
PADS = st.sampled_from(["0", "1", "0:1", "1:0", "2", "same", "same-lower"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    target=st.sampled_from(["torch", "onnx", "numpy"]),
    op=st.sampled_from(["max", "avg", "sum", "l2", "avg --count-include-pad"]),
    sizes=st.tuples(SIZES, SIZES, st.integers(1, 2)),
    padding=PADS,
    ceil=st.booleans(),
    lengths=st.tuples(st.integers(5, 14), st.integers(5, 14)),
)
def test_any_windows_give_the_same_or_a_reason(target, op, sizes, padding, ceil, lengths):
    need(target)
    kernel, stride, dilation = sizes
    text = (
        f"{op} -k {kernel} -s {stride} -d {dilation} -p {padding}{' --ceil-mode' if ceil else ''}"
    )
    said = reason(target, text, (1, 2, *lengths))
    assert "differ" not in said
    assert said == "" or any(
        word in said for word in ("padding", "larger than", "no such code", "does not take")
    )


def test_a_mismatch_is_never_printed(monkeypatch):
    monkeypatch.setattr(Target, "run", lambda target, code, x: x[..., :12:2, :12:2])
    with pytest.raises(ValueRuleError, match="differ by up to"):
        printed("numpy", "max -k 2", SHAPES[2])
    monkeypatch.setattr(Target, "run", lambda target, code, x: x)
    with pytest.raises(ValueRuleError, match="gives 2x3x12x13 where poolcli gives 2x3x6x6"):
        printed("numpy", "max -k 2", SHAPES[2])


def test_says_when_it_was_not_checked(monkeypatch):
    from poolcli.analysis.export import code

    monkeypatch.setattr(Target, "installed", lambda target: target.name == "numpy")
    assert "# not checked: torch is not installed\n" in printed("torch", "max -k 2", SHAPES[2])
    monkeypatch.setattr(code, "LARGEST", 100)
    assert "# not checked: 2x3x12x13 is too large to try\n" in printed(
        "numpy", "max -k 2", SHAPES[2]
    )


def test_command(cli):
    ran = cli("shape", "max -k 2", "--input", "1x3x8x8", "--to-code", "numpy")
    assert (ran.code, ran.text.startswith("# max -k 2\n# checked: numpy")) == (0, True)
    ran = cli("shape", "mode -k 2", "--input", "1x3x8x8", "--to-code", "numpy")
    assert (ran.code, ran.err.count("\n"), ran.out) == (1, 1, b"")
    assert cli("shape", "max", "--input", "8x8", "--to-code", "cobol").code == 2


@pytest.mark.parametrize(
    ("pipeline", "shape"),
    [
        ("avg -k 1 -s 3 --ceil-mode=keep", "8x8"),
        ("max -k 2 -s 1 -p 1 -d 2 --semantics torch", "1x1"),
    ],
)
def test_a_window_without_a_pixel_has_no_code(cli, pipeline, shape):
    ran = cli("shape", pipeline, "--input", f"1x1x{shape}", "--to-code", "numpy")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "some of its windows see no pixel" in ran.err
