"""The window of a cell is that of the plain twin."""

from itertools import product

import numpy as np
import pytest
import twin

import poolcli
from poolcli.analysis.explanation import substitution
from poolcli.analysis.explanation.explanation import explain
from poolcli.pipeline.pipeline import as_map

X = np.random.default_rng(3).integers(1, 30, (2, 3, 9, 11)).astype(np.float64) / 4


WINDOWS = [
    "-k 3 -s 2",
    "-k 3 -s 2 -p 1",
    "-k 2 -d 3 -p 1",
    "-k 4 -s 3 --ceil-mode",
    "-k 3 -s 2 -p same-lower",
    "-k 3 -s 2 -p 2 --border reflect",
    "--adaptive 4x3",
    "--global",
    "--fractional 3 -k 2",
    "--levels 1,3",
    "--boxes [[0,-2,1,5,4],[1,3,3,20,8]] --output-size 2x3",
]


@pytest.fixture(autouse=True)
def write_all_out(monkeypatch):
    monkeypatch.setattr(substitution, "MOST_TERMS", 10**6)


def explained(text, x, at, layout=None):
    return explain(poolcli.parse(text), as_map(x, layout), at)


@pytest.mark.parametrize("windows", WINDOWS[:8])
def test_window_is_the_twins(windows):
    (step,) = poolcli.parse(f"sum {windows}").steps
    if "adaptive" in windows or "global" in windows:
        cells = step["adaptive"] if "adaptive" in windows else (1, 1)
        axes = [twin.adaptive(length, count) for length, count in zip((9, 11), cells, strict=True)]
    else:
        names = ("kernel", "stride", "padding", "dilation", "ceil_mode", "border")
        options = {name: step[name] for name in names}
        options |= {
            name: options[name][0]
            for name in ("kernel", "dilation", "padding", "border")
            if isinstance(options[name], tuple)
        }
        options["stride"] = (step["stride"] or step["kernel"])[0]
        axes = [twin.sliding(length, **options) for length in (9, 11)]
    for row, column in product(*map(range, map(len, axes))):
        told = explained(f"sum {windows}", X, (1, 2, row, column))
        assert told.window.trace.plane == (1, 2)
        for side, window in zip(told.window.sides, (axes[0][row], axes[1][column]), strict=True):
            assert tuple(side.pixels) == tuple(window.taps)
