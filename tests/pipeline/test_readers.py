"""Readers of files, boxes, samples and nested pipelines."""

from pathlib import Path

import numpy as np
import pytest

import poolcli
from poolcli.pipeline.parser import Parser, parse
from poolcli.pipeline.readers import Readers

FILES = {
    "one.npy": {"": np.array([[1, 0], [0, 1]])},
    "two.npz": {"a": np.array([1, 0]), "b": np.array([0, 1])},
}


def load(path):
    if path not in FILES:
        raise poolcli.FileError("there is no such file or folder")
    return FILES[path]


READERS = Readers(parse, load)


@pytest.mark.parametrize("path", ["one.npy", Path("one.npy")])
def test_a_file_is_read_by_load(path):
    found = READERS.array(path)
    assert (found.text, found.kind) == ("one.npy", "array")
    assert found.array is FILES["one.npy"][""]
    assert READERS.weights(path) == found


def test_several_arrays():
    assert READERS.arrays("two.npz").of("b").tolist() == [0, 1]
    with pytest.raises(ValueError, match="holds 2 maps"):
        READERS.array("two.npz")


def test_a_file_that_cannot_be_read():
    with pytest.raises(OSError, match="no such file"):
        READERS.array("none.npy")


def test_without_load_options_take_arrays():
    with pytest.raises(poolcli.RequestError, match=r"`mask` one\.npy: is a file, and no files"):
        parse("max --mask one.npy")
    assert Parser(load).parse("max --mask one.npy").steps[0]["mask"].text == "one.npy"


def test_the_parser_reads_a_file_again():
    value = Parser(load).parse("max --mask one.npy").steps[0]["mask"]
    assert Parser(load).array(value.kind, value.text) == value


def test_weights_may_be_a_word():
    assert READERS.weights("gaussian") == "gaussian"


def test_boxes(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("x1,y1,x2,y2\n0,1,2,3\n")
    for value in (path, str(path), "[[0,1,2,3]]", [[0, 1, 2, 3]]):
        assert READERS.boxes(value).array.tolist() == [[0, 1, 2, 3]]
    assert READERS.boxes(path).kind == "boxes"
    assert READERS.boxes("[[0,1,2,3]]").kind == ""
    with pytest.raises(OSError, match="no such file"):
        READERS.boxes("none.csv")


@pytest.mark.parametrize(
    ("value", "numbers"), [(".3x.8", (0.3, 0.8)), (0.25, (0.25,)), ([0, 0.5], (0, 0.5))]
)
def test_samples(value, numbers):
    assert READERS.samples(value) == numbers
    assert READERS.samples(np.ones((1, 2, 2)) / 4).array.shape == (1, 2, 2)


@pytest.mark.parametrize("value", ["1", -0.1, "a", [0.5, 1], {}])
def test_what_is_no_sample(value):
    with pytest.raises(ValueError, match="takes numbers from 0 up to but not 1"):
        READERS.samples(value)


def test_branches():
    pipeline = parse("max -k 2 | avg")
    assert READERS.branches([pipeline, "max -k 2 | avg"]) == (pipeline, pipeline)
    assert READERS.branches("max") == (parse("max"),)


@pytest.mark.parametrize(("value", "error"), [([], ValueError), ([3], TypeError), (3, TypeError)])
def test_what_is_no_branch(value, error):
    with pytest.raises(error):
        READERS.branches(value)


def test_reducer():
    step = READERS.reducer("gem --norm 4")
    assert (step.op.name, step["norm"]) == ("gem", 4)
    assert READERS.reducer(step) is step
    assert READERS.reducer(parse("gem --norm 4")) == step
    for text in ("max -k 3", "max | max", "blur", "max --adaptive 2", "max --nan ignore"):
        with pytest.raises(ValueError, match="takes one reducer"):
            READERS.reducer(text)
