"""Each solution makes the size, with the options that are fixed."""

import pytest

import poolcli
from poolcli.analysis.solver.question import Question, as_text, solve


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
