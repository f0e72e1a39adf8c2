"""The frame is around the pixels that are read."""

import numpy as np
import pytest

import poolcli
from poolcli.analysis.explanation import substitution
from poolcli.analysis.explanation.explanation import explain
from poolcli.pipeline.pipeline import as_map


@pytest.fixture(autouse=True)
def write_all_out(monkeypatch):
    monkeypatch.setattr(substitution, "MOST_TERMS", 10**6)


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
    from poolcli.analysis.drawing.framed_region import framed_views

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
