"""Pipelines: one step after another, on arrays and on forms."""

import numpy as np
import pytest

import poolcli
from poolcli.maps.feature_map import Form
from poolcli.pipeline.parser import parse
from poolcli.pipeline.pipeline import Pipeline, as_map

X = np.random.default_rng(6).random((2, 3, 12, 16)).astype(np.float32)


def test_runs_one_step_after_another():
    result = parse("max -k 2 | avg -k 3 -s 1")(X)
    expected = poolcli.pool(poolcli.pool(X, "max"), "avg", kernel=3, stride=1)
    np.testing.assert_array_equal(result, expected)
    assert result.flags.c_contiguous


def test_walk_yields_the_maps_after_each_step():
    shapes = [
        [one.data.shape for one in maps]
        for maps in parse("max | pyramid --op avg --levels 2 | max -k 1").walk(as_map(X[0, 0]))
    ]
    assert shapes == [[(6, 8)], [(3, 4), (2, 2)], [(3, 4), (2, 2)]]


def test_several_maps():
    pipeline = parse("pyramid --op avg --levels 2 | max -k 1")
    assert pipeline.several
    assert pipeline.outputs == 2
    assert [one.shape for one in pipeline(X)] == [(2, 3, 6, 8), (2, 3, 3, 4)]
    assert not parse("max").several


def test_values_and_indices_of_the_last_step():
    pipeline = parse("avg -k 2 | max -k 3")
    values, indices = pipeline.values_and_indices(as_map(X))
    np.testing.assert_array_equal(values.data, pipeline(X))
    np.testing.assert_array_equal(indices.data, pipeline.indices(as_map(X)).data)
    with pytest.raises(poolcli.RequestError, match="there are 2"):
        parse("pyramid --op avg --levels 2 | max").indices(as_map(X))


@pytest.mark.parametrize(
    "text",
    [
        "max -k 2",
        "avg -k 2 | max -k 2",
        "avg --levels 1,2",
        "max -k 2 --normalize minmax",
        "fuse 'max' 'min'",
        "sample -s 2",
        "restore --output-size 5",
    ],
)
def test_the_last_step_writes_to_out(text):
    pipeline = parse(text)
    expected = pipeline(X)
    for out in (np.empty_like(expected), np.empty((*expected.shape, 2), expected.dtype)[..., 0]):
        assert pipeline(X, out=out) is out
        np.testing.assert_array_equal(out, expected)
    with pytest.raises(poolcli.ShapeError, match=r"`out` has the shape 1, .* \(input "):
        pipeline(X, out=np.empty(1, expected.dtype))


def test_out_may_be_a_part_of_the_input():
    x, pipeline = X.copy(), parse("max -k 2")
    pipeline(x, out=x[..., ::2, ::2])
    np.testing.assert_array_equal(x[..., ::2, ::2], pipeline(X))


def test_out_holds_one_map():
    with pytest.raises(poolcli.RequestError, match="makes several arrays"):
        parse("pyramid --op max")(X, out=np.empty(3))


def test_sizes_of_the_input_hold_in_every_step():
    assert parse("max -k 2 | restore | avg -k 2 | restore")(X).shape == X.shape


@pytest.mark.parametrize("text", ["max -k 3", "avg -k 2 -s 1 | max -k 2", "pyramid --op max"])
def test_plans_what_it_runs(text):
    pipeline = parse(text)
    *_, maps = pipeline.walk(as_map(X))
    stages = pipeline.plan(Form(X.shape, X.dtype, "NCHW"))
    assert [stage.output for stage in stages[-len(maps) :]] == [one.form for one in maps]


def test_errors_name_the_step_and_its_input():
    pipeline = parse("max -k 2 | avg -k 9")
    message = r"^step 2 \(avg -k 9\): .* \(input 2x3x6x8 NCHW\)$"
    for act in (pipeline, lambda x: pipeline.plan(as_map(x).form)):
        with pytest.raises(poolcli.ShapeError, match=message):
            act(X)
    with pytest.raises(poolcli.ShapeError, match=r"^avg -k 99: "):
        parse("avg -k 99")(X)


def test_as_map():
    assert as_map([1, 2, 3]).layout == "L"
    assert as_map(X, "nhwc").layout == "NHWC"
    with pytest.raises(poolcli.ShapeError, match="nothing to pool"):
        as_map(np.ones((2, 0)))
    with pytest.raises(poolcli.DtypeError):
        as_map(["a"])
    with pytest.raises(poolcli.OptionTypeError, match="masked arrays"):
        as_map(np.ma.masked_equal([1, 2], 2))


def test_prints():
    assert repr(parse("max|avg -k 3")) == "<pipeline max -k 2 | avg -k 3>"
    assert Pipeline(parse("max | avg").steps) == parse("max | avg")
