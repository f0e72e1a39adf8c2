"""An explanation's numbers give its value, and no operation is left out."""

import math
import re

import numpy as np
import pytest
from explained import WINDOWS, X, explained, places
from PIL import Image

import poolcli
from poolcli.analysis.explanation.explanation import explain
from poolcli.pipeline.pipeline import as_map
from poolcli.pipeline.table import OPS

REDUCERS = [
    " ".join([name, *(f"{option.flag} 1.5,2" for option in op.required)])
    for name, op in OPS.items()
    if len(op.windows) > 1
]


def evaluated(text, x=None):
    """The number that a formula with its numbers stands for, as Python reads it."""
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text.replace("^", "**"))
    names = {
        "e": math.e,
        "log": math.log,
        "sqrt": math.sqrt,
        "abs": abs,
        "atan2": math.atan2,
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
    plane = None if told.window is None else told.window.group.arguments[0][told.window.trace.plane]
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


def test_every_operation_is_explained():
    texts = [*(f"{op} " for op in REDUCERS), *OTHERS, "unpool ", "pyramid "]
    assert {text.split()[0] for text in texts} == OPS.keys()


@pytest.mark.parametrize("level", [1, 2, 3])
def test_each_level_of_a_pyramid(level):
    results = poolcli.parse("pyramid --op std --levels 3")(X)
    told = explain(poolcli.parse("pyramid --op std --levels 3"), as_map(X), (1, 1, 0, 0), level)
    assert told.value == results[level - 1][1, 1, 0, 0]


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
        assert told.window.cell.batch_and_channel(told.window.trace.plane)[1] == (
            number if number < 4 else (number - 4) // 4
        )
        assert abs(told.exact - told.value) <= 0.5


@pytest.mark.parametrize("op", ["sum", "avg", "var", "std", "l2", "fraction --of 1.5,2", "mode"])
def test_pixels_of_an_area_count_by_their_part(op):
    text = f"{op} --area 4x5"
    result = poolcli.parse(text)(X)
    for at in places(result.shape):
        told = explained(text, X, at)
        assert told.value == result[at]
        assert told.exact == pytest.approx(result[at], rel=1e-6)
        assert value_of(told) == pytest.approx(result[at], rel=2e-4)
        assert "count by the area of them that is inside" in " ".join(told.notes())


def test_colours_classes_and_indices_of_images():
    from poolcli.api.inputs import AxisOptions, pool_input

    colours = Image.fromarray(np.array([[[9, 0, 0], [9, 0, 0]], [[0, 9, 9], [0, 0, 9]]], np.uint8))
    told = explain(poolcli.parse("mode -k 2"), pool_input(colours, AxisOptions()).fmap, (0, 0, 0))
    assert (told.value, told.numbers) == (9, "9 0 0: 2, 0 0 9: 1, 0 9 9: 1")
    indices = Image.fromarray(np.array([[2, 2], [2, 1]], np.uint8), "P")
    indices.putpalette([0, 0, 0, 10, 20, 30, 50, 60, 70])
    fmap = pool_input(indices, AxisOptions()).fmap
    told = explain(poolcli.parse("fraction -k 2 --of 2"), fmap, (0, 0))
    assert (told.value, told.numbers) == (0.75, "3 / 4")
    told = explain(poolcli.parse("avg -k 2 --nodata 2"), fmap, (0, 0, 1))
    assert (told.value, told.exact) == (20, 20)
    told = explain(poolcli.parse("avg -k 1 --nodata 2"), fmap, (0, 0, 1))
    assert (told.value, told.exact, told.numbers) == (60, 60, "no pixel counts")
