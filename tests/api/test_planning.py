"""`parse` and `plan`."""

import pickle

import numpy as np
import pytest

import poolcli


def test_a_pipeline_prints_as_the_text_that_makes_it():
    pipeline = poolcli.parse("max --kernel=3 -s2 -p 1|avg --global")
    assert str(pipeline) == "max -k 3 -s 2 -p 1 | avg --global"
    assert poolcli.parse(str(pipeline)) == pipeline
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline
    assert isinstance(pipeline, poolcli.Pipeline)
    assert all(isinstance(step, poolcli.Step) for step in pipeline.steps)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max --kernle 3", "max has no option --kernle; did you mean --kernel?"),
        ("max --global -k 3", "max: --global and --kernel are two kinds of windows"),
        ("max -k 0", "max: --kernel 0: a size is"),
        ("max |", "a step is missing"),
    ],
)
def test_errors_name_flags_as_the_text_does(text, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        poolcli.parse(text)


def test_a_text_is_needed():
    with pytest.raises(TypeError, match="a pipeline is a text"):
        poolcli.parse(3)


def test_files_that_options_name(tmp_path):
    path = tmp_path / "w.npy"
    np.save(path, np.ones((2, 2)))
    pipeline = poolcli.parse(f"weighted --weights '{path}'")
    assert pipeline(np.arange(4.0).reshape(2, 2)) == 1.5


def test_plan_is_what_the_pipeline_does():
    text = "max -k 3 -s 2 -p 1 | avg -k 2"
    first, last = poolcli.plan(text, (1, 4, 20, 18), "uint8")
    assert isinstance(first, poolcli.Stage)
    result = poolcli.parse(text)(np.zeros((1, 4, 20, 18), np.uint8))
    assert (last.output.shape, last.output.dtype) == (result.shape, result.dtype)
    assert (last.receptive, last.jump, last.centre) == ((5, 5), (4, 4), (1, 1))
    assert poolcli.plan(poolcli.parse(text), [1, 4, 20, 18], np.uint8) == (first, last)


@pytest.mark.parametrize(
    ("shape", "dtype", "layout", "error"),
    [
        ((2, 2), "float32", None, poolcli.ShapeError),
        ((4, 0), "float32", None, poolcli.ShapeError),
        ((4, 4), "complex64", None, poolcli.DtypeError),
        ((4, 4), "float32", "HWC", poolcli.ShapeError),
    ],
)
def test_plan_refuses_what_pooling_refuses(shape, dtype, layout, error):
    with pytest.raises(error):
        poolcli.plan("max -k 3", shape, dtype, layout)


@pytest.mark.parametrize(
    ("shape", "message"),
    [("abc", "and not 'abc'"), (5, "and not 5"), ((4, 2.5), "2.5"), ((4, -1), "-1")],
)
def test_a_shape_is_whole_numbers(shape, message):
    with pytest.raises(poolcli.RequestError, match=f"`shape` is a whole number .*{message}"):
        poolcli.plan("max", shape)


def test_a_dtype_is_one_of_numpys():
    with pytest.raises(poolcli.OptionTypeError, match="`dtype` 'float7' is no dtype"):
        poolcli.plan("max", (4, 4), "float7")


def test_a_shape_may_be_an_array():
    assert poolcli.plan("max", np.array([4, 6]))[0].output.shape == (2, 3)
