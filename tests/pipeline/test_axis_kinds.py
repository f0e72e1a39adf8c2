"""Kinds of values for each axis: what they read, and that what they print reads back."""

import numpy as np
import pytest

from poolcli.pipeline import axis_kinds as kinds

READ = [
    (kinds.SIZE, 3, (3,), "3"),
    (kinds.SIZE, "3x2", (3, 2), "3x2"),
    (kinds.SIZE, [2, 3.0, np.int8(3)], (2, 3, 3), "2x3x3"),
    (kinds.PADDING, 1, ((1, 1),), "1"),
    (kinds.PADDING, "0:1x2", ((0, 1), (2, 2)), "0:1x2"),
    (kinds.PADDING, ((0, 1), 2), ((0, 1), (2, 2)), "0:1x2"),
    (kinds.PADDING, "same", "same", "same"),
    (kinds.LEVELS, "1,2,4", (1, 2, 4), "1,2,4"),
    (kinds.LEVELS, [1, 3], (1, 3), "1,3"),
    (kinds.EDGES, "wrap:clip", ("wrap", "clip"), "wrap:clip"),
    (kinds.EDGES, "-1.5", (-1.5,), "-1.5"),
    (kinds.EDGES, (0, "edge"), (0, "edge"), "0:edge"),
]
WRONG = [
    (kinds.SIZE, "3x", ValueError),
    (kinds.SIZE, 0, ValueError),
    (kinds.SIZE, 2.5, ValueError),
    (kinds.SIZE, (), ValueError),
    (kinds.SIZE, True, TypeError),
    (kinds.SIZE, {}, TypeError),
    (kinds.PADDING, -1, ValueError),
    (kinds.PADDING, "1:2:3", ValueError),
    (kinds.PADDING, object(), TypeError),
    (kinds.LEVELS, "1,,2", ValueError),
    (kinds.EDGES, "mirror", ValueError),
    (kinds.EDGES, (), ValueError),
    (kinds.EDGES, True, TypeError),
]


@pytest.mark.parametrize(("kind", "written", "value", "text"), READ)
def test_reads_and_prints(kind, written, value, text):
    found = kind.read(written)
    assert (found, type(found)) == (value, type(value))
    assert kind.show(found) == text
    assert kind.read(text) == value


@pytest.mark.parametrize("kind", [kinds.SIZE, kinds.PADDING])
def test_arrays_are_sequences(kind):
    assert kind.read(np.array([3, 2])) == kind.read((3, 2))


@pytest.mark.parametrize(("kind", "written", "error"), WRONG)
def test_refuses(kind, written, error):
    with pytest.raises(error):
        kind.read(written)
