"""The loop of the textbook gives poolcli's result. No time is asserted."""

import numpy as np
import pytest

from poolcli.analysis.bench import textbook_loop
from poolcli.analysis.bench.case import case_of
from poolcli.analysis.bench.noise import noise
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.parser import parse

WINDOWS = (
    "-k 3 -s 2 -p 1",
    "-k 2x3 -s 1 -d 2x1 -p 1x0",
    "-k 3 -s 2 -p same",
    "-k 3 -s 2 -p same-lower",
    "-k 3 -s 2 --ceil-mode",
    "--adaptive 3x4",
    "--global",
)


def case_for(text, shape=(2, 3, 9, 11), dtype="float32", layout="NCHW"):
    return case_of(parse(text).steps[0], FeatureMap(noise(shape, np.dtype(dtype)), layout))


@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("op", textbook_loop.FORMULAS)
def test_the_loop_of_the_textbook_agrees(op, windows):
    needed = "--of 1,2" if op == "fraction" else ""
    case = case_for(f"{op} {windows} {needed}")
    loop = textbook_loop.textbook_loop(case, case.pool(), seconds=60)
    assert (loop.agrees, loop.note, loop.part) == (True, "", 1)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [((30,), "L"), ((9, 8, 3), "HWC"), ((2, 5, 6, 7, 3), "NDHWC"), ((2, 9, 8), "NHW")],
)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64"])
def test_the_loop_knows_every_layout_and_dtype(shape, layout, dtype):
    case = case_for("avg -k 3 -s 2", shape, dtype, layout)
    assert textbook_loop.textbook_loop(case, case.pool(), seconds=60).agrees


def test_the_loop_stops_in_time_and_says_so():
    case = case_for("max -k 2", (64, 64), layout="HW")
    loop = textbook_loop.textbook_loop(case, case.pool(), seconds=0)
    assert (loop.agrees, loop.part) == (True, textbook_loop.CLOCK_INTERVAL / 32**2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sample", "sample is no formula over windows"),
        ("max --fractional 3 -k 2", "fractional windows are more than a loop"),
        ("avg -k 2 --nodata 0", "the textbook has no --nodata"),
        ("avg -k 3 -p 1 --count-include-pad", "the textbook has no --count-include-pad"),
    ],
)
def test_why_there_is_no_loop(text, why):
    case = case_for(text)
    loop = textbook_loop.textbook_loop(case, case.pool())
    assert (loop.ms, loop.agrees, loop.note) == (None, None, why)
