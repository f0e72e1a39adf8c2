"""What holds for all places: plans, memory order, the command line, empty batches."""

import numpy as np
import pytest
from placed import BOXES, arrays

import poolcli
from poolcli.maps.feature_map import Form
from poolcli.pipeline.parser import parse, step
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

PLACES = [
    {"kernel": 2, "fractional": (4, 3)},
    {"levels": (1, 2)},
    {"boxes": BOXES, "output_size": 2},
]


REDUCERS = [op.name for op in OPS.values() if op.windows == WINDOW_KINDS and not op.required]


@pytest.mark.parametrize("options", PLACES, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_plans_what_it_runs_whatever_the_memory(op, options):
    check_plan_and_memory(op, options)


def test_roi_align_plans_what_it_runs_whatever_the_memory():
    check_plan_and_memory("roi-align", {"boxes": BOXES, "output_size": 2})


def check_plan_and_memory(op, options):
    for name, x in arrays().items():
        before = x.copy()
        result = poolcli.pool(x, op, **options)
        stage = parse(str(step(op, options))).plan(Form(x.shape, x.dtype, "NCHW"))[-1]
        assert (stage.output.shape, stage.output.dtype) == (result.shape, result.dtype), name
        turned = np.ascontiguousarray(x.transpose(3, 1, 2, 0)).transpose(3, 1, 2, 0)
        np.testing.assert_array_equal(poolcli.pool(turned, op, **options), result)
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("options", PLACES, ids=lambda options: next(iter(options)))
def test_through_the_command_line(cli, tmp_path, options):
    x = arrays()["float32"]
    np.save(tmp_path / "x.npy", x)
    flags = str(step("lse", options)).replace("'", "").split()
    assert cli(*flags, "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), poolcli.pool(x, "lse", **options))
    assert cli("shape", str(step("lse", options)), "x.npy").code == 0


EMPTY = [
    ("max", {"adaptive": 3}, (3, 3)),
    ("avg", {"kernel": 2, "fractional": 3}, (3, 3)),
    ("median", {"kernel": 3}, (3, 2)),
    ("avg", {"kernel": 3, "normalize": "minmax"}, (3, 2)),
    ("max", {"kernel": 3, "nan": "ignore", "normalize": "zscore"}, (3, 2)),
    ("restore", {"output_size": 4}, (4, 4)),
    ("restore", {"output_size": 4, "interpolation": "bilinear"}, (4, 4)),
    ("blur", {}, (5, 4)),
    ("weighted", {"kernel": 3}, (3, 2)),
]


@pytest.mark.parametrize("lead", [(0, 3), (2, 0), (0, 0), (0,)], ids=str)
@pytest.mark.parametrize(("op", "options", "cells"), EMPTY, ids=str)
def test_no_planes_stay_no_planes(op, options, cells, lead):
    x = np.ones((*lead, 9, 7), np.float32)
    assert poolcli.pool(x, op, **options).shape == (*lead, *cells)
    assert planned(op, options, x).output.shape == (*lead, *cells)


def planned(op, options, x):
    """The plan of one step, whose estimate of memory is a number."""
    (stage,) = parse(str(step(op, options))).plan(Form(x.shape, x.dtype, "NCHW"[4 - x.ndim :]))
    assert stage.load.peak >= 0
    return stage


@pytest.mark.parametrize(("shape", "result"), [((0, 3), (0, 15)), ((2, 0), (2, 0)), ((0,), (0,))])
def test_a_pyramid_of_no_planes(shape, result):
    x = np.ones((*shape, 9, 7), np.float32)
    assert poolcli.pool(x, "avg", levels=(1, 2)).shape == result
    assert planned("avg", {"levels": (1, 2)}, x).output.shape == result


@pytest.mark.parametrize("op", ["avg", "roi-align"])
def test_boxes_of_no_channels_and_of_no_images(op):
    options = {"boxes": [[0, 0, 0, 1, 1]], "output_size": 2}
    x = np.ones((2, 0, 9, 7), np.float32)
    assert poolcli.pool(x, op, **options).shape == (1, 0, 2, 2)
    assert planned(op, options, x).output.shape == (1, 0, 2, 2)
    with pytest.raises(poolcli.ShapeError, match="the batch has 0"):
        poolcli.pool(np.ones((0, 3, 9, 7)), op, **options)


@pytest.mark.parametrize("lead", [(0, 3), (2, 0), (0,)], ids=str)
def test_unpooling_no_planes(lead):
    x = np.ones((*lead, 4, 4), np.float32)
    options = {"indices": np.zeros(x.shape, np.int64)}
    assert poolcli.pool(x, "unpool", **options).shape == (*lead, 8, 8)
    (stage,) = poolcli.plan("max -k 2", x.shape, x.dtype)
    assert step("unpool", options).load(stage.input).peak == 0
