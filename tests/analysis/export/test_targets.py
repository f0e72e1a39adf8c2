"""Every library that code is written for: what it can express is run there, and gives poolcli's
numbers; what it cannot express is refused with its name.
"""

import importlib
from itertools import product

import numpy as np
import pytest

import poolcli
from poolcli import parse
from poolcli.analysis.export import targets
from poolcli.analysis.export.code import code_of, target_named
from poolcli.errors import ValueRuleError
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import default_layout
from poolcli.maps.picture import Picture
from poolcli.pipeline.profiles import PROFILES

pytestmark = [pytest.mark.complete, pytest.mark.filterwarnings("ignore")]

SHAPE = (2, 3, 12, 15)
FOLDS = ("max", "min", "avg", "sum", "range", "l2", "lp --norm 3", "gem", "mixed --alpha .25")
GATHERS = ("std", "var", "lse --sharpness 2", "soft", "median", "quantile --q .3")
BLOCKS = ("-k 3", "-k 2x3", "--global", "--adaptive 4x5")
PADDED = (
    "-k 3 -s 2",
    "-k 2",
    "-k 3 -s 2 -p 1",
    "-k 3 -s 2 -p same",
    "-k 4 -s 2 -p same-lower",
    "-k 3 -s 2 -p 0:1",
    "-k 3 -s 2 -p 2:1x0:2",
    "-k 2 -s 3 --ceil-mode",
    "-k 4 --ceil-mode",
    "-k 1x4 -s 1x2",
)
DILATED = ("-k 2 -d 2 -s 1", "-k 3 -d 2x1 -s 2 -p 1")
BORDERS = tuple(
    f"-k 3 -s 2 -p {pad} --border {edge}"
    for pad, edge in product(("1", "4:3"), ("edge", "reflect", "symmetric", "wrap", "2", "wrap:0"))
)
FOOTPRINTS = ("-k 3 -s 2 --footprint cross", "-k 5 -s 1 -p 2 --footprint disk")
EDGED = ("-k 5 -s 2 -p 2 --footprint ring --border wrap",)
LINES = ("-k 1x3 -s 2", "-k 4x1", "-k 1x3 -s 1 -p 0x1")
WINDOWS = (*BLOCKS, *PADDED, *DILATED, *BORDERS, *FOOTPRINTS, *EDGED)
OPTIONS = (
    "avg -k 3 -s 2 -p 1 --count-include-pad",
    "avg -k 3 -s 2 --divisor 4",
    "avg -k 3 -s 2 -p 1 --divisor kernel",
    "lp -k 2 --norm 1",
    "gem -k 2 --norm 4",
    "median -k 3x5 --interpolation lower",
    "median -k 4 --interpolation higher",
    "quantile -k 4 --q .8 --interpolation nearest",
    "sample -s 2x3",
    "max -k 3 -s 2 -p 1 | avg -k 2 | l2 --global",
)
# What the code of each library must express: reducers, each with every one of the windows.
EXPRESSES = {
    "tensorflow": [(FOLDS, (*BLOCKS, *PADDED, *DILATED))],
    "tflite": [(FOLDS, (*BLOCKS, *PADDED, *DILATED))],
    "jax": [(FOLDS, (*BLOCKS, *PADDED, *DILATED))],
    "openvino": [(FOLDS, (*BLOCKS, *PADDED, *DILATED))],
    "opencv": [
        (FOLDS, WINDOWS),
        (("avg",), ("--area 5x4", "--area 12x7")),
        (("median",), ("-k 3",)),
    ],
    "gdal": [
        (("max", "min", "sum", "avg", "l2", "median --interpolation lower"), BLOCKS),
        (("avg", "l2"), ("--area 5x4", "--area 12x7")),
    ],
    "scipy": [((*FOLDS, *GATHERS), WINDOWS)],
    "skimage": [((*FOLDS, *GATHERS), WINDOWS)],
    "xarray": [((*FOLDS, *GATHERS), (*BLOCKS, *PADDED, *BORDERS))],
    "bottleneck": [
        (
            ("max", "min", "avg", "sum", "range", "l2", "lp", "mixed --alpha .25"),
            (*BLOCKS, *PADDED, *BORDERS),
        ),
        (("std", "var", "median"), LINES),
    ],
    "paddle": [(FOLDS, (*BLOCKS, *PADDED)), (("max", "avg"), ("--adaptive 5x4",))],
    "ncnn": [(("max", "avg"), (*BLOCKS, *PADDED))],
    "torch": [(FOLDS, (*BLOCKS, *PADDED))],
    "onnx": [(FOLDS, (*BLOCKS, *PADDED, *DILATED))],
    "keras": [(("max", "avg"), ("-k 3", "-k 2x3", "-k 3 -s 2 -p same", "--adaptive 4x5"))],
    "numpy": [((*FOLDS, *GATHERS), WINDOWS)],
}

# Paddle crashes where TensorFlow is in the process: `test_paddle.py` runs it in one of its own.
HERE = tuple(name for name in targets.NAMES if name != "paddle")


def need(name):
    target = target_named(name)
    for module in target.modules:
        pytest.importorskip(module, reason=f"{module} is not installed")
    target.shown_version()  # chooses a backend that is there


def program(name, text, shape=SHAPE, dtype="float32", layout=None, mode=""):
    form = Form(tuple(shape), np.dtype(dtype), layout or default_layout(len(shape)), mode)
    return code_of(name, parse(text), form, parse(text).plan(form))


def assert_same(name, text, shape=SHAPE, dtype="float32", layout=None, mode=""):
    """The code, run on other numbers than those it was tried with, gives poolcli's result."""
    code = program(name, text, shape, dtype, layout, mode)
    assert code.splitlines()[1].startswith("# checked: ")
    rng = np.random.default_rng(7)
    is_float = np.dtype(dtype).kind == "f"
    x = (rng.normal(size=shape) if is_float else rng.integers(0, 120, shape)).astype(dtype)
    fmap = FeatureMap(x, layout or default_layout(len(shape)), Picture(mode) if mode else None)
    *_, (made,) = parse(text).walk(fmap)
    found, expected = target_named(name).run(code, x), made.data
    assert found.shape == expected.shape
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
        return
    near = 3e-5 if expected.dtype == np.float32 else 1e-10
    np.testing.assert_allclose(found, expected, rtol=near, atol=near * np.abs(expected).max())


def reason(name, text):
    """Why there is no code, or "" where there is, and it gives the same."""
    try:
        assert_same(name, text)
    except (poolcli.ShapeError, ValueRuleError) as error:
        return str(error)
    return ""


def test_there_is_a_target_for_each_framework_that_is_compared():
    """All profiles but those without a library that runs here."""
    assert set(targets.NAMES) >= PROFILES.keys() - {
        "poolcli",
        "webnn",
        "coreml",
        "caffe",
    }
    assert EXPRESSES.keys() == set(targets.NAMES)


@pytest.mark.parametrize("name", targets.NAMES)
def test_records(name):
    target = target_named(name)
    assert target.name == name
    assert target.rules.name in (target.profile or name, "poolcli")


@pytest.mark.parametrize(
    ("name", "op"),
    [(name, op) for name in HERE for ops, _ in EXPRESSES[name] for op in ops],
)
def test_what_it_has_gives_the_same(name, op):
    need(name)
    for windows in (each for ops, each in EXPRESSES[name] if op in ops):
        for place in windows:
            assert_same(name, f"{op} {place}")


@pytest.mark.parametrize("op", [*FOLDS, *GATHERS, "mode", "trimmed", "circmean"])
@pytest.mark.parametrize("name", HERE)
def test_anything_else_gives_the_same_or_a_reason(name, op):
    need(name)
    must = {place for ops, places in EXPRESSES[name] if op in ops for place in places}
    places = (*WINDOWS, *LINES, "--adaptive 5x4", "--levels 1,2", "--area 5x4")
    for place in [place for place in places if place not in must]:
        try:
            text = str(parse(f"{op} {place}"))
        except poolcli.RequestError:
            continue
        said = reason(name, text)
        assert "differ" not in said
        assert said == "" or said.startswith(("there is no such code for ", name))


@pytest.mark.parametrize("name", HERE)
def test_options(name):
    need(name)
    for text in OPTIONS:
        said = reason(name, text)
        assert said == "" or said.startswith(("there is no such code for ", name))


@pytest.mark.parametrize("name", [name for name in HERE if name in PROFILES])
def test_under_its_own_semantics(name):
    """What a framework's profile says of it holds for its code, too."""
    need(name)
    done = 0
    for op, place in product((*FOLDS, *GATHERS), ("-k 3", "-k 3 -s 2", "-k 4x5 -s 4x5", "-k 1x3")):
        if name in ("gdal", "xarray") and place == "-k 3 -s 2":  # `exact`
            continue
        said = reason(name, f"{op} {place} --semantics {name}")
        beginnings = ("there is no such code for ", name)
        assert said == "" or said.startswith(beginnings), said
        done += not said
    assert done >= 4


@pytest.mark.parametrize(
    "name", ["numpy", "scipy", "skimage", "opencv", "xarray", "bottleneck", "gdal"]
)
@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_whole_numbers_are_converted_and_rounded(name, dtype):
    need(name)
    for text in (
        "max -k 3",
        "avg -k 3",
        "sum -k 2x3",
        f"avg -k 2x3 --dtype {dtype}",
        f"avg -k 2x3 --dtype {dtype} --round half-up",
        f"avg -k 2x3 --dtype {dtype} --round floor",
        f"sum -k 2x3 --dtype {dtype}",
    ):
        assert_same(name, text, (12, 15), dtype)
        assert_same(name, text, SHAPE, dtype)
    assert_same(name, "avg -k 2x3", (12, 15, 3), "uint8", "HWC", "RGB")
    assert_same(name, "max -k 3 | avg -k 2x1", (12, 15), "uint8", "HW", "L")


@pytest.mark.parametrize("name", HERE)
def test_no_network_pools_whole_numbers(name):
    if not target_named(name).whole_numbers:
        with pytest.raises(ValueRuleError, match="alone, and this is uint8"):
            program(name, "max -k 2", dtype="uint8")


def test_area_rounds_as_opencv_does():
    need("opencv")
    for dtype, kernel in product(("uint8", "uint16"), ("2", "3", "4")):
        text = f"avg -k {kernel} --dtype {dtype} --semantics opencv"
        code = program("opencv", text, (12, 12), dtype)
        assert "astype" not in code
        assert_same("opencv", text, (12, 12), dtype)


@pytest.mark.parametrize("layout", ["NHWC", "HW", "CHW", "HWC", "NCHW", "WH"])
@pytest.mark.parametrize(
    "name", ["tensorflow", "jax", "scipy", "skimage", "xarray", "bottleneck", "opencv", "gdal"]
)
def test_layouts(name, layout):
    sizes = {"N": 2, "C": 3, "H": 12, "W": 9}
    shape = tuple(sizes[letter] for letter in layout)
    need(name)
    text = "max -k 3 | avg -k 2x3"
    assert_same(name, text, shape, layout=layout)


@pytest.mark.parametrize(("layout", "shape"), [("NCL", (2, 3, 13)), ("NDHWC", (2, 6, 7, 8, 2))])
@pytest.mark.parametrize("name", ["tensorflow", "jax", "scipy", "skimage", "xarray", "bottleneck"])
def test_lines_and_volumes(name, layout, shape):
    need(name)
    for text in ("max -k 3 -s 2 -p 1", "avg -k 2 --ceil-mode", "l2 -k 3 -s 1"):
        assert_same(name, text, shape, layout=layout)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("tensorflow", "median -k 3", "has no median"),
        ("tensorflow", "max --adaptive 5", "uneven sizes"),
        ("tensorflow", "max -k 3 -p 1 --border wrap", "no `border`"),
        ("jax", "max -k 3 --footprint disk", "no `footprint`"),
        ("jax", "mode -k 3", "no most frequent value"),
        ("openvino", "lp -k 3 --semantics torch", "does not compute"),
        ("openvino", "avg --area 5", "shares of pixels"),
        ("opencv", "std -k 3", "has no std"),
        ("opencv", "median -k 4", "odd, square kernels"),
        ("opencv", "median -k 3 -p 1", "repeats the edge"),
        ("opencv", "sum --area 5", "is a mean"),
        ("gdal", "avg -k 3 -s 2", "follow each other"),
        ("gdal", "avg -k 5 --ceil-mode", "equal size"),
        ("gdal", "median -k 2", "lower of the middle two"),
        ("gdal", "std -k 2", "has no std"),
        ("scipy", "max --adaptive 5", "uneven sizes"),
        ("scipy", "quantile -k 3 --semantics scipy -p 1 --border clip", "leave padding out"),
        ("skimage", "max -k 2 --nodata 3", "`nodata`"),
        ("xarray", "max -k 3 -d 2", "no dilation"),
        ("xarray", "max -k 3 --footprint disk", "no `footprint`"),
        ("bottleneck", "median -k 3", "along one axis"),
        ("bottleneck", "soft -k 3", "has no soft"),
        ("bottleneck", "gem -k 3", "running sums"),
        ("bottleneck", "max -k 3 -d 2", "no dilation"),
        ("scipy", "max -k 3 --nan ignore", "NaN"),
    ],
)
def test_names_what_does_not_carry_over(name, text, why):
    with pytest.raises(ValueRuleError, match=why) as caught:
        program(name, text)
    assert "\n" not in str(caught.value)


def test_says_where_nan_differs():
    need("scipy")
    assert program("numpy", "max -k 3").splitlines()[1].endswith("float32")
    assert program("scipy", "median -k 3").splitlines()[1].endswith("; not where there is NaN")


def test_alpha_weighs():
    with pytest.raises(ValueRuleError, match="alpha weighs the pixels"):
        program("numpy", "avg -k 2", (8, 8, 4), "uint8", "HWC", "RGBA")


def test_says_what_cannot_be_imported(monkeypatch):
    module = importlib.import_module("poolcli.analysis.export.target")

    def broken(name):
        raise ImportError("undefined symbol: dgemm_\nof this build")

    monkeypatch.setattr(module, "import_module", broken)
    second = program("scipy", "max -k 3").splitlines()[1]
    assert second == "# not checked: scipy cannot be imported: of this build"


def test_says_what_is_not_installed(monkeypatch):
    module = importlib.import_module("poolcli.analysis.export.target")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    code = program("jax", "max -k 3")
    assert code.splitlines()[1] == "# not checked: jax and flax is not installed"
    assert "nn.max_pool(" in code
