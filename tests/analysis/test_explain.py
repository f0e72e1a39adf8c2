"""One number explained: its window is the twin's, its numbers give its value, and no operation is left out."""

import json
import math
import re
from itertools import product

import numpy as np
import pytest
import twin
from PIL import Image

import poolcli
from poolcli.analysis.explanation import substitution
from poolcli.analysis.explanation.explanation import explain
from poolcli.pipeline.pipeline import as_map
from poolcli.pipeline.table import OPS

X = np.random.default_rng(3).integers(1, 30, (2, 3, 9, 11)).astype(np.float64) / 4
WINDOWS = [
    "-k 3 -s 2",
    "-k 3 -s 2 -p 1",
    "-k 2 -d 3 -p 1",
    "-k 4 -s 3 --ceil-mode",
    "-k 3 -s 2 -p same-lower",
    "--adaptive 4x3",
    "--global",
    "--fractional 3 -k 2",
    "--levels 1,3",
    "--boxes [[0,-2,1,5,4],[1,3,3,20,8]] --output-size 2x3",
]
REDUCERS = [name for name, op in OPS.items() if len(op.windows) > 1]


@pytest.fixture(autouse=True)
def write_all_out(monkeypatch):
    monkeypatch.setattr(substitution, "MOST_TERMS", 10**6)


def evaluated(text, x=None):
    """The number that a formula with its numbers stands for, as Python reads it."""
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text.replace("^", "**"))
    names = {
        "e": math.e,
        "log": math.log,
        "sqrt": math.sqrt,
        "abs": abs,
        "max": lambda *x: max(x),
        "min": lambda *x: min(x),
        "x": x,
    }
    return eval(text, {"__builtins__": {}}, names)


def picked(text, rule):
    """A quantile from its words: values in order, at a position."""
    values, _, place = text.partition(" at ")
    values = [float(value) for value in values.split(", ")]
    place = float(place.split(" = ")[1].split(",")[0])
    low, high = values[math.floor(place + 1e-9)], values[math.ceil(place - 1e-9)]
    return {"lower": low, "higher": high}.get(
        rule, low + (place - math.floor(place)) * (high - low)
    )


def value_of(told):
    """What the words of an explanation give, without looking at its value."""
    op, text = told.step.op.name, told.numbers
    plane = None if told.window is None else told.window.layer.arguments[0][told.window.sight.plane]
    if op in ("median", "quantile"):
        return picked(text, told.step["interpolation"])
    if op == "mode":
        counts = [tuple(map(float, pair.split(": "))) for pair in text.split(", ")]
        return min(counts, key=lambda pair: (-pair[1], pair[0]))[0]
    if op == "unpool":
        return evaluated(text.partition(" = ")[2], plane)
    if "largest of" in text:
        return max(map(float, text.partition(" of ")[2].split(", ")))
    return evaluated(text, plane)


def explained(text, x, at, layout=None):
    return explain(poolcli.parse(text), as_map(x, layout), at)


def places(shape):
    """The first, the middle and the last of a result, and one beside a border."""
    yield from {tuple(size * part // 4 for size in shape) for part in (0, 2)}
    yield tuple(size - 1 for size in shape)
    yield *(0 for _ in shape[1:]), shape[-1] - 1


@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("op", REDUCERS)
def test_numbers_give_the_value_that_is_written(op, windows):
    result = poolcli.parse(f"{op} {windows}")(X)
    for at in places(result.shape):
        told = explained(f"{op} {windows}", X, at)
        assert told.value == result[at]
        if told.window is None:
            assert (told.value, op in ("mode", "stochastic") or list(told.notes()) != []) == (
                0,
                True,
            )
            continue
        assert told.exact == pytest.approx(result[at], rel=1e-6)
        if op == "stochastic":
            assert told.value in told.window.values
        else:
            assert value_of(told) == pytest.approx(result[at], rel=2e-4)


@pytest.mark.parametrize("windows", WINDOWS[:7])
def test_window_is_the_twins(windows):
    (step,) = poolcli.parse(f"sum {windows}").steps
    if "adaptive" in windows or "global" in windows:
        cells = step["adaptive"] if "adaptive" in windows else (1, 1)
        axes = [twin.adaptive(length, count) for length, count in zip((9, 11), cells, strict=True)]
    else:
        names = ("kernel", "stride", "padding", "dilation", "ceil_mode")
        options = {name: step[name] for name in names}
        options |= {
            name: options[name][0]
            for name in ("kernel", "dilation", "padding")
            if isinstance(options[name], tuple)
        }
        options["stride"] = (step["stride"] or step["kernel"])[0]
        axes = [twin.sliding(length, **options) for length in (9, 11)]
    for row, column in product(*map(range, map(len, axes))):
        told = explained(f"sum {windows}", X, (1, 2, row, column))
        assert told.window.sight.plane == (1, 2)
        for side, window in zip(told.window.sides, (axes[0][row], axes[1][column]), strict=True):
            assert tuple(side.pixels) == tuple(window.taps)


OTHERS = [
    "sample -s 3",
    "blur",
    "blur --filter 6 -s 3",
    "restore --output-size 5x20",
    "restore --interpolation bilinear",
    "restore --output-size 13x4 --interpolation bilinear",
    "weighted -k 3 -s 2 -p 1",
    "weighted --no-normalize -p 1",
    "weighted --weights kernel.npy -d 2 -p 2",
    "roi-align --boxes [[0,1,1,6,6],[1,4,-3,12,9]] --output-size 3x2",
    "roi-align --boxes [[0,1,1,6,6]] --output-size 2 --mode max",
    "roi-align --boxes [[0,1,1,6,6]] --output-size 2 --mode max --semantics onnx",
    "fuse 'max -k 2' 'avg -k 2' --merge avg",
    "fuse 'max -k 3 -s 2 -p 1' 'blur' 'sample' --merge sum",
    "fuse 'max -k 2' 'avg -k 2 | max -k 1' --merge concat",
    "fuse 'min -k 2' 'avg -k 2'",
    "avg -k 3 -p 1 -s 2 --count-include-pad",
    "avg -k 3 --divisor 5",
    "avg -k 3 -p 1 --semantics torch",
    "lp -k 3 --norm 3",
    "lp -k 3 --norm 3 -p 1 --semantics torch",
    "gem -k 2 --norm 5",
    "lse -k 2 --sharpness -2",
    "mixed -k 3 --alpha .3",
    "quantile -k 3 --q .3",
    "quantile -k 2 --q .3 --interpolation lower",
    "avg -k 3 --nodata 2.5",
    "avg -k 3 --emit count --nodata 2.5",
    "avg -k 3 --emit fraction --nodata 2.5",
    "avg -k 3 --normalize zscore",
    "max -k 3 --normalize minmax",
]


@pytest.mark.parametrize("text", OTHERS)
def test_operations_with_terms_of_their_own(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("kernel.npy", np.array([[1.0, -2, 1], [0, 3, 0.5]]))
    result = poolcli.parse(text)(X)
    for at in places(result.shape):
        told = explained(text, X, at)
        assert told.value == result[at]
        if "concat" in text:
            (branch,) = told.branches
            assert branch.value == told.value
            continue
        if np.isfinite(result[at]):  # weights may sum to 0
            assert value_of(told) == pytest.approx(result[at], rel=2e-4, abs=2e-5)
        for branch in told.branches:
            assert (
                branch.value == poolcli.parse(" | ".join(map(str, branch.steps)))(X)[branch.index]
            )


def test_unpool_tells_where_a_value_came_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    top, where = poolcli.pool(X, "max", kernel=2, return_indices=True)
    np.save("where.npy", where)
    result = poolcli.parse("unpool --indices where.npy --output-size 9x11")(top)
    for at in [tuple(spot) for spot in np.argwhere(result)[::17]]:
        told = explained("unpool --indices where.npy --output-size 9x11", top, at)
        assert told.value == result[at] == evaluated(told.numbers.partition(" = ")[2], top[at[:2]])
    told = explained("unpool --indices where.npy --output-size 9x11", top, (0, 0, 8, 10))
    assert (told.value, list(told.notes())) == (0, ["no pixel of the input comes here"])


def test_way_back_through_unpool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    top, where = poolcli.pool(X, "max", kernel=2, return_indices=True)
    np.save("where.npy", where)
    pipeline = poolcli.parse("unpool --indices where.npy --output-size 9x11 | avg -k 4 -s 2 -p 1")
    at = (1, 2, 2, 3)
    region = explain(pipeline, as_map(top), at).regions[-1]
    result = pipeline(top)[at]
    depends = np.array(
        [
            pipeline(top + 100 * (np.arange(top.size) == n).reshape(top.shape))[at] != result
            for n in range(top.size)
        ]
    ).reshape(top.shape)
    batch, channel, *axes = (np.unique(line) for line in np.nonzero(depends))
    assert (batch.tolist(), channel.tolist()) == ([region.batch], [region.channel])
    for found, expected in zip(region.axes, axes, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_every_operation_is_explained():
    texts = [*(f"{op} " for op in REDUCERS), *OTHERS, "unpool ", "pyramid "]
    assert {text.split()[0] for text in texts} == OPS.keys()


@pytest.mark.parametrize("level", [1, 2, 3])
def test_each_level_of_a_pyramid(level):
    results = poolcli.parse("pyramid --op std --levels 3")(X)
    told = explain(poolcli.parse("pyramid --op std --levels 3"), as_map(X), (1, 1, 0, 0), level)
    assert told.value == results[level - 1][1, 1, 0, 0]


PIPELINES = [
    "avg -k 3 -s 2 -p 1 | avg -k 2",
    "avg -k 2 -d 2 -s 1 | avg -k 2 -s 3 -d 2 | blur -s 1",
    "sample -s 2 | restore --interpolation bilinear | avg --adaptive 3",
    "fuse 'avg -k 3 -s 2' 'avg -k 2 -s 2 -d 2' --merge avg | avg -k 2 -s 1",
    "fuse 'avg -k 2' 'sum -k 2' --merge concat | weighted -k 3 -p 1",
    "avg -k 3 -s 1 | avg --boxes [[0,1,1,5,5],[1,0,0,3,3]] --output-size 2 | avg --global",
    "avg -k 2 -s 1 | roi-align --boxes [[1,1,1,5,5]] --output-size 2 --sampling-ratio 2",
]


@pytest.mark.parametrize("text", PIPELINES)
def test_way_back_is_what_the_number_depends_on(text):
    pipeline = poolcli.parse(text)
    result = pipeline(X)
    at = tuple(size // 2 for size in result.shape)
    told = explained(text, X, at)
    region = told.regions[-1]
    depends = np.zeros(X.shape, bool)
    for pixel in np.ndindex(X.shape):
        other = X.copy()
        other[pixel] += 1000
        depends[pixel] = pipeline(other)[at] != result[at]
    on_way = np.zeros(X.shape, bool)
    on_way[(region.batch, region.channel, *np.ix_(*region.axes))] = True
    np.testing.assert_array_equal(on_way, depends)


def test_images_alpha_palettes_and_light(tmp_path, cli):
    pixels = np.random.default_rng(1).integers(0, 256, (8, 9, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels[..., :3]).quantize(16).save(tmp_path / "p.png")
    for name, text in product(
        ["a.png", "p.png"],
        ["avg -k 3", "max -k 3 -p 1", "median -k 2", "blur", "avg -k 2 --linear"],
    ):
        op, *options = text.split()
        assert cli(op, *options, name, "-o", "out.png", "--overwrite").code == 0
        with Image.open("out.png") as image:
            palette = image.mode == "P"
            out = np.asarray(image)
        for at in places(out.shape):
            ran = cli("explain", text, name, "--at", ",".join(map(str, at)), "--report", "json")
            (row,) = json.loads(ran.out)
            assert (row["value"], palette) == (out[at], name == "p.png" and op == "max")
            if (
                "linear" not in text
                and row["values"] is not None
                and row["numbers"] != "no pixel counts"
            ):
                assert abs(row["exact"] - out[at]) <= 0.5


def test_alpha_laid_out_flat(tmp_path):
    from poolcli import io

    pixels = np.random.default_rng(1).integers(0, 256, (6, 7, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (fmap,) = io.read(tmp_path / "a.png")
    pipeline = poolcli.parse("avg --levels 1,2")
    (made,) = next(pipeline.walk(fmap))
    for number in range(made.data.size):
        told = explain(pipeline, fmap, (number,))
        assert told.value == made.data[number]
        assert told.window.cell.batch_and_channel(told.window.sight.plane)[1] == (
            number if number < 4 else (number - 4) // 4
        )
        assert abs(told.exact - told.value) <= 0.5


def test_prints_window_formula_and_choice(cli):
    np.save("x.npy", np.arange(16.0).reshape(1, 1, 4, 4))
    ran = cli("explain", "avg -k 3 -s 2 -p 1", "x.npy", "--at", "0,0,0,0")
    assert ran.code == 0
    for part in (
        "= 2.5",
        "-1:2",
        "sum x / n = (0 + 1 + 4 + 5) / 4 = 2.5",
        "4 of the window's 9 taps",
    ):
        assert part in ran.text
    assert (
        "n = 9: 4 and 5 of the padding"
        in cli("explain", "avg -k 3 -p 1 --count-include-pad", "x.npy", "--at", "0,0,0,0").text
    )
    assert "chosen: H 3, W 3 (*)" in cli("explain", "max -k 2", "x.npy", "--at", "0,0,-1,-1").text
    assert (
        "x.npy: max -k 2\nN 0, C 0, H 1, W 1 of 1x1x2x2" in cli("explain", "max -k 2", "x.npy").text
    )
    assert cli("explain", "max -k 2", "x.npy", "--report", "csv").text.startswith(
        "input,pipeline,index,value"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("max -k 2", "x.npy", "--at", "0,0,2,0"),
            2,
            "the result is 1x1x2x2 (NCHW), and H goes from 0 to 1",
        ),
        (("max -k 2", "x.npy", "--at", "0,0"), 2, "has 4 numbers"),
        (("max -k 2", "x.npy", "--at", "0,0,x,0"), 2, "takes whole numbers"),
        (("max -k 2", "x.npy", "--level", "2"), 2, "gives 1, from 1 on"),
        (("max -k 2", "none.npy"), 1, "none.npy"),
        (("max -k 20", "x.npy"), 1, "kernel 20 is larger"),
        (("maxx -k 2", "x.npy"), 2, "did you mean max"),
        (("max -k 2",), 2, "give one INPUT"),
    ],
)
def test_wrong_requests(cli, words, code, said):
    np.save("x.npy", np.arange(16.0).reshape(1, 1, 4, 4))
    ran = cli("explain", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err


FRAME = np.array([255, 214, 0], np.uint8)


@pytest.mark.parametrize(
    ("shape", "text", "at", "rows", "columns"),
    [
        ((40, 60), "avg -k 4", (3, 5), (12, 16), (20, 24)),
        ((2, 40, 60), "max -k 3 -s 2 -p 1 | avg -k 2", (1, 0, 14), (0, 4), (55, 60)),
        ((1, 1, 5, 40, 60), "avg -k 2 -d 3", (0, 0, 0, 1, 1), (2, 6), (2, 6)),
        ((60,), "avg -k 5", (2,), (0, 4), (10, 15)),
    ],
)
def test_frame_lies_around_what_is_read(shape, text, at, rows, columns):
    from poolcli.analysis.picture.framed_region import framed_views

    fmap = as_map(np.random.default_rng(0).random(shape))
    told = explain(poolcli.parse(text), fmap, at)
    whole, near = framed_views("x", fmap, told.regions[-1])
    yellow = (whole.drawing.pixels == FRAME).all(axis=-1)
    found = [(int(line.min()), int(line.max())) for line in np.nonzero(yellow)]
    assert found == [
        (begin, end + 1) for begin, end in (rows, columns)
    ]  # a pixel of room begins it
    assert yellow.sum() == 2 * (rows[1] - rows[0] + columns[1] - columns[0]) + 4
    assert (near.drawing.pixels == FRAME).all(axis=-1).any()
    assert near.lines[0].endswith(f"{columns[0]}:{columns[1]}")


def test_pictures_are_shown_and_written(cli, photo):
    shown = cli(
        "explain", "avg -k 4", "photo.png", "--at", "1,1,0", "--show=half", "-o", "window.png"
    )
    assert (shown.code, "▀" in shown.text, "sum x / n" in shown.text) == (0, True, True)
    with Image.open("window.png") as image:
        assert (np.asarray(image) == FRAME).all(axis=-1).sum() > 100
    again = cli("explain", "avg -k 4", "photo.png", "-o", "window.png")
    assert (again.code, "--overwrite replaces it" in again.err) == (1, True)
    assert (
        cli("explain", "avg -k 4", "photo.png", "-o", "window.png", "--overwrite", "-q").code == 0
    )


@pytest.mark.parametrize(
    "text",
    [
        "avg -k 3",
        "max -k 3",
        "std -k 3",
        "median -k 3",
        "soft -k 3",
        "blur",
        "roi-align --boxes [[0,1,1,5,5]] --output-size 2 --mode max",
    ],
)
def test_numbers_that_are_not_finite_are_told_without_a_warning(cli, text):
    x = X.copy()
    x[0, 0, 1, 1], x[0, 0, 4, 4] = np.nan, np.inf
    np.save("x.npy", x)
    for at in ((0, 0, 0, 0), (0, 0, 1, 1)):
        ran = cli("explain", text, "x.npy", "--at", ",".join(map(str, at)), "--report", "json")
        (row,) = json.loads(ran.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
        assert (ran.code, ran.err, float(row["value"])) == (
            0,
            "",
            pytest.approx(poolcli.parse(text)(x)[at], nan_ok=True),
        )
