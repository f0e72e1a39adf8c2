"""Arrays with an axis of no length: an empty result, or one line that says what is wrong."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import poolcli
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

BOXES = "--boxes '[[0,0,1,1]]' --output-size 1"
PLACES = [
    *("-k 2", "-k 3 -s 2 -p 1", "-k 3 -p same", "--adaptive 2", "--global", "--levels 1,2"),
    *("--area 2", "--fractional 1 -k 1", "-k 3 -p 1 --border 4", "-k 3 -p same --footprint disk"),
    *("-k 2 --nodata 3 --min-valid .5", "-k 2 --normalize minmax", "-k 2 --semantics torch", BOXES),
]
REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS and not op.required]
OTHERS = [
    "sample -s 3",
    "blur",
    "restore --output-size 5x4",
    "restore --output-size 5 --interpolation bilinear",
    "weighted --weights gaussian -k 3",
    "fraction --of 3 -k 2",
    f"roi-align {BOXES}",
    "fuse 'max -k 1' 'avg -k 1' --merge max",
    "fuse 'max -k 1' 'avg -k 1' --merge concat",
    "pyramid --op avg --levels 2",
    "max -k 1 | avg --global",
]
SHAPES = [each for axes in (1, 2, 3, 4) for each in product((0, 3), repeat=axes) if 0 in each]
PICTURES = {"RGBA": 4, "LA": 2, "RGB": 3, "L": 0}


def outcome(act, *arguments, **options):
    """What comes out, or None for a refusal in one line; any other error fails the test."""
    try:
        return act(*arguments, **options)
    except poolcli.PoolError as error:
        reason = str(error)
    assert reason
    assert "\n" not in reason
    return None


def pipelines(op):
    for place in PLACES:
        pipeline = outcome(poolcli.parse, f"{op} {place}")  # not every reducer takes every place
        if pipeline is not None:
            yield pipeline


def check_arrays(pipeline):
    for shape in SHAPES:
        made = outcome(pipeline, np.zeros(shape, np.float32))
        plan = outcome(poolcli.plan, pipeline, shape)
        assert (made is None) == (plan is None), (str(pipeline), shape)
        if made is not None and not pipeline.several:
            assert made.shape == plan[-1].output.shape


def check_pictures(pipeline):
    for (mode, channels), size in product(PICTURES.items(), [(0, 3), (3, 0)]):
        pixels = np.zeros(size + ((channels,) if channels else ()), np.uint8)
        fmap = FeatureMap(pixels, "HWC" if channels else "HW", Picture(mode))
        assert outcome(lambda each=fmap: list(pipeline.walk(each))) is None
        assert outcome(lambda each=fmap: list(pipeline.walk(each, indices=True))) is None


@pytest.mark.parametrize("op", REDUCERS)
def test_every_reducer(op, thinned):
    for pipeline in thinned(pipelines(op)):
        check_arrays(pipeline)
        check_pictures(pipeline)


@pytest.mark.parametrize("text", OTHERS)
def test_what_pools_no_cells(text):
    check_arrays(poolcli.parse(text))
    check_pictures(poolcli.parse(text))


@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_that_options_take(shape):
    x, empty = np.ones((3,) * len(shape)), np.zeros(shape)
    for op, options in (
        ("weighted", {"weights": empty}),
        ("avg", {"mask": empty.astype(bool)}),
        ("avg", {"footprint": empty.astype(bool)}),
        ("avg", {"boxes": empty, "output_size": 2}),
        ("roi-align", {"boxes": empty, "output_size": 2}),
        ("unpool", {"indices": empty.astype(np.int64), "output_size": 4}),
    ):
        outcome(poolcli.pool, x, op, **options)
        outcome(poolcli.pool, empty, op, **options)


@pytest.mark.parametrize("op", ["max", "min", "median", "mode"])
def test_indices(op):
    for shape, windows in product(SHAPES, ({}, {"global_": True}, {"adaptive": 2})):
        options = {"interpolation": "lower"} if op == "median" else {}
        pair = outcome(poolcli.pool, np.zeros(shape), op, return_indices=True, **windows, **options)
        assert pair is None or pair[0].shape == pair[1].shape


def test_weights_without_values_are_named():
    with pytest.raises(poolcli.PoolError, match=r"`weights`.* no values"):
        poolcli.pool(np.ones((3, 3)), "weighted", weights=np.ones((0, 2)))


def test_no_channels_beside_some():
    x = np.zeros((0, 4, 4), np.float32)
    made = poolcli.parse("fuse 'max -k 2' 'avg -k 2' --merge concat")(x)
    assert made.shape == (0, 2, 2)
