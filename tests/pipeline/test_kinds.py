"""Kinds of values: what they read, and that what they print reads back."""

import math

import numpy as np
import pytest

from poolcli.pipeline import kinds
from poolcli.pipeline.axis_kinds import SIZE
from poolcli.pipeline.table import OPS

READ = [
    (kinds.NUMBER, "3.0", 3, "3"),
    (kinds.NUMBER, 2**60 + 1, 2**60 + 1, str(2**60 + 1)),
    (kinds.NUMBER, "-inf", -math.inf, "-inf"),
    (kinds.NUMBER, np.float32(0.5), 0.5, "0.5"),
    (kinds.POSITIVE, "1e-3", 0.001, "0.001"),
    (kinds.FRACTION, 1, 1, "1"),
    (kinds.DTYPE, np.uint8, "uint8", "uint8"),
    (kinds.DTYPE, np.dtype("f4"), "float32", "float32"),
    (kinds.FLAG, "true", True, "True"),
]
WRONG = [
    (kinds.NUMBER, "three", ValueError),
    (kinds.NUMBER, True, TypeError),
    (kinds.NUMBER, object(), TypeError),
    (kinds.POSITIVE, 0, ValueError),
    (kinds.POSITIVE, math.inf, ValueError),
    (kinds.NONZERO, math.nan, ValueError),
    (kinds.FRACTION, 1.1, ValueError),
    (kinds.WHOLE, 0.5, ValueError),
    (kinds.COUNT, 31, ValueError),
    (kinds.SEVEN, 8, ValueError),
    (kinds.DTYPE, "int7", ValueError),
    (kinds.FLAG, "yes", ValueError),
    (kinds.FLAG, object(), TypeError),
    (kinds.NUMBERS, "4-1", ValueError),
    (kinds.NUMBERS, "0-99999", ValueError),
]


@pytest.mark.parametrize(("kind", "written", "value", "text"), READ)
def test_reads_and_prints(kind, written, value, text):
    found = kind.read(written)
    assert (found, type(found)) == (value, type(value))
    assert kind.show(found) == text
    if kind is not kinds.FLAG:
        assert kind.read(text) == value


@pytest.mark.parametrize(("kind", "written", "error"), WRONG)
def test_refuses(kind, written, error):
    with pytest.raises(error):
        kind.read(written)


def test_nan_is_one_value():
    found = {id(kinds.NUMBER.read(value)) for value in ("nan", np.nan, np.float32("nan"))}
    assert found == {id(math.nan)}


def test_numbers_and_ranges():
    assert kinds.NUMBERS.read("0,4-7") == (0, 4, 5, 6, 7)


def test_either_is_the_word_or_the_kind():
    kind = kinds.either("input", SIZE)
    assert [kind.read(value) for value in ("input", "3x2", 4)] == ["input", (3, 2), (4,)]
    assert [kind.show(value) for value in ("input", (3, 2))] == ["input", "3x2"]


@pytest.mark.parametrize("op", OPS.values(), ids=str)
def test_defaults_are_values_of_their_kinds(op):
    for option in op.options:
        if option.default is not None and not option.kind.source:
            assert option.read(option.default) == option.default
