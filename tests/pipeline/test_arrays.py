"""Arrays as values of options."""

import pickle
from pathlib import Path

import numpy as np
import pytest

import poolcli
from poolcli.io.load import load_arrays
from poolcli.pipeline.arrays import ArrayFile, as_array, of_file, show_array
from poolcli.pipeline.parser import Parser, step
from poolcli.pipeline.pipeline import Pipeline


def test_an_array_is_copied_and_cannot_be_changed():
    values = np.arange(4.0)
    found = as_array(values)
    values[0] = 9
    assert found.array.tolist() == [0, 1, 2, 3]
    assert not found.array.flags.writeable
    assert (found.text, found.kind) == ("<array 4 float64>", "")
    assert as_array(found) is found


def test_equal_by_text_and_values():
    one, same, other = (as_array([1, 2]), as_array([1, 2]), as_array([1, 3]))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != as_array([1.0, 2.0])
    assert one != "[1, 2]"


def test_pickles():
    found = as_array([[1, 2]])
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("value", [["a"], object(), [None], np.ones(2) * 1j])
def test_what_is_no_array_of_numbers(value):
    with pytest.raises(TypeError, match="takes a file, or an array of numbers"):
        as_array(value)


def test_a_path_is_not_read_here():
    with pytest.raises(ValueError, match="no files are read here"):
        as_array("x.npy")


def test_of_file():
    arrays = {"a": np.arange(2), "b": np.arange(3)}
    found = of_file("x.npz", arrays, several=True)
    assert (found.text, found.kind, [name for name, _ in found.named]) == (
        "x.npz",
        "arrays",
        ["a", "b"],
    )
    assert found.of("b").tolist() == [0, 1, 2]
    with pytest.raises(poolcli.ShapeError, match="for the maps a, b, and this one is alone"):
        found.of("")
    with pytest.raises(ValueError, match="holds 2 maps, and one is needed"):
        of_file("x.npz", arrays, several=False)


def test_one_array_is_that_of_every_map():
    found = of_file("x.npy", {"": np.arange(2)}, several=True)
    assert found.named == ()
    assert found.of("any") is found.array


def test_show_quotes_what_a_shell_would_split():
    assert show_array(ArrayFile("my mask.npy", np.ones(1))) == "'my mask.npy'"


def test_a_step_with_a_file_prints_parses_and_pickles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("my indices.npy", np.array([0, 3]))
    parse = Parser(load_arrays).parse
    pipeline = parse("unpool --indices 'my indices.npy'")
    assert parse(str(pipeline)) == pipeline
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline
    assert hash(parse(str(pipeline))) == hash(pipeline)
    np.save("my indices.npy", np.array([0, 2]))
    assert parse(str(pipeline)) != pipeline


def test_a_step_with_an_array_pickles():
    pipeline = Pipeline((step("unpool", {"indices": np.array([0, 3])}),))
    assert pickle.loads(pickle.dumps(pipeline))([5, 6]).tolist() == [5, 0, 0, 6]


def test_an_array_from_a_file_cannot_be_changed(tmp_path):
    np.save(tmp_path / "i.npy", np.array([0, 3]))
    step = Parser(load_arrays).step
    for given_as in (tmp_path / "i.npy", str(tmp_path / "i.npy"), np.array([0, 3]), [0, 3]):
        value = step("unpool", {"indices": given_as})["indices"]
        assert isinstance(value, ArrayFile)
        assert not value.array.flags.writeable
    assert step("unpool", {"indices": Path(tmp_path / "i.npy")}) == step(
        "unpool", {"indices": str(tmp_path / "i.npy")}
    )


@pytest.mark.parametrize(
    ("value", "says"), [(["a"], "array of numbers"), (object(), "array of numbers")]
)
def test_a_step_refuses_what_is_no_array(value, says):
    with pytest.raises(poolcli.RequestError, match=says) as caught:
        step("unpool", {"indices": value})
    assert "\n" not in str(caught.value)
