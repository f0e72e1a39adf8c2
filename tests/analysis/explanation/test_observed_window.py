"""The window of a cell is that of the plain twin."""

from itertools import product

import pytest
import twin
from explained import GRIDS, X, explained

import poolcli


@pytest.mark.parametrize("windows", GRIDS)
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
