"""Windows for two sizes: each row makes what it says, none is missing, and the order is by what is wasted."""

import itertools
import json

import pytest
from twin import sliding

import poolcli
from poolcli.analysis.solver.axis_windows import ENDS, AxisTarget
from poolcli.analysis.solver.question import Question, as_text, solve
from poolcli.analysis.solver.window_search import search


def brute(length, cells, *, ceil_mode=False):
    """All windows up to the map's size, paddings up to half a kernel, that the plain twin says make these cells."""
    for kernel, stride in itertools.product(range(1, length + 1), range(1, length + 1)):
        for padding in range(kernel // 2 + 1):
            try:
                windows = sliding(
                    length,
                    kernel=kernel,
                    stride=stride,
                    padding=(padding, padding),
                    dilation=1,
                    ceil_mode=ceil_mode,
                )
            except ValueError:
                continue
            if len(windows) == cells:
                seen = {tap for window in windows for tap in window.taps}
                yield (kernel, stride, padding), length - len(seen)


def found(length, cells, end):
    return {
        (w.kernel, w.stride, w.padding): w.unseen
        for (w,) in search([AxisTarget(length, cells)], [end], 10_000)
    }


@pytest.mark.parametrize("length", [5, 8, 11])
def test_none_is_missing(length):
    for cells in range(2, length + 3):  # one cell has no distance to the next
        assert found(length, cells, "floor") == dict(brute(length, cells))


@pytest.mark.parametrize("length", [5, 8, 11])
def test_none_is_missing_in_ceil_mode_that_floor_mode_has_not(length):
    for cells in range(2, length + 2):
        floor = dict(brute(length, cells))
        wanted = {
            key: seen for key, seen in brute(length, cells, ceil_mode=True) if key not in floor
        }
        both = search([AxisTarget(length, cells)], ["floor", "ceil"], 10_000)
        ceil = {(w.kernel, w.stride, w.padding): w.unseen for (w,) in both if w.end == "ceil"}
        assert ceil == wanted


@pytest.mark.parametrize(
    ("length", "cells", "options"),
    [
        ((224,), (7,), {}),
        ((225,), (113,), {}),
        ((7,), (7,), {}),
        ((224, 160), (7, 5), {}),
        ((9, 10, 11), (3, 3, 4), {}),
        ((224,), (7,), {"kernel": (3,), "steps": 5}),
        ((100, 60), (25, 15), {"steps": 2}),
        ((64,), (30,), {"dilation": (2,)}),
        ((30,), (15,), {"padding": "same-lower"}),
        ((31, 20), (16, 10), {"ceil_mode": True}),
        ((10000,), (6000,), {"limit": 3}),
    ],
)
def test_every_row_makes_the_size(length, cells, options):
    rows = solve(Question(length, cells, **options))
    assert rows
    texts = [as_text("avg", steps) for steps in rows]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert poolcli.plan(text, length, layout="DHW"[-len(length) :])[-1].output.shape == cells


def test_options_that_are_fixed_stay():
    for (line,) in (
        answer
        for (answer,) in solve(Question((50,), (12,), kernel=(5,), padding=((1, 1),), limit=50))
    ):
        assert (line.kernel, line.padding) == (5, 1)
    for (line,) in (answer for (answer,) in solve(Question((50,), (12,), stride=(4,), limit=50))):
        assert line.stride == 4


def test_waste_orders_them():
    rows = [line for (line,) in search([AxisTarget(230, 7)], list(ENDS), 200)]
    waste = [abs(row.kernel - row.stride) + row.outside + row.unseen for row in rows]
    assert waste == sorted(waste)
    (first,) = search([AxisTarget(224, 7)], list(ENDS), 1)[0]
    assert (first.kernel, first.stride, first.padding, first.unseen) == (32, 32, 0, 0)


def test_prints_steps_and_what_they_waste(cli):
    ran = cli(
        "solve", "--input", 224, "--output", 7, "--report", "json", "--op", "avg", "--limit", 2
    )
    first, second = json.loads(ran.out)
    assert (ran.code, first["step"], first["unseen"]) == (0, "avg -k 32 -s 32", [0])
    assert (second["kernel"], second["stride"], second["overlap"]) == ([33], [32], [1])
    assert "max -k 32 -s 32" in cli("solve", "--input", 224, "--output", 7).text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("--input", 5, "--output", 9),
            1,
            "no such windows make 9 of 5: the nearest that they can make: 6",
        ),
        (("--input", 224, "--output", 100, "-p", "same"), 1, "75 and 112"),
        (("--input", 224, "--output", 9, "-k", 3, "-s", 7), 1, "32"),
        (("--input", "5x5", "--output", "2x2x2"), 2, "--input 5x5 has 2 axes"),
        (("--input", "0", "--output", 2), 2, "--input 0"),
        (("--input", 9, "--output", 3, "-p", "0:1"), 2, "both ends get the same"),
        (("--input", 9, "--output", 3, "--op", "blurr"), 2, "did you mean"),
        (("--input", 9, "--output", 3, "--op", "blur"), 2, "blur"),
        (("--input", 9), 2, "--output"),
    ],
)
def test_says_why_there_is_none(cli, words, code, said):
    ran = cli("solve", *words)
    assert (ran.code, ran.out) == (code, b"")
    assert said in ran.err
    assert ran.err.count("\n") == 1 or code == 2
