"""Which options go together."""

import numpy as np
import pytest

import poolcli
from poolcli.pipeline.checks import windows_of
from poolcli.pipeline.parser import step
from poolcli.pipeline.table import OPS


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "sliding"),
        ({"stride": (2,)}, "sliding"),
        ({"adaptive": (3,)}, "adaptive"),
        ({"global": True}, "global"),
        ({"global": False}, "sliding"),
        ({"fractional": (3,), "kernel": (2,)}, "fractional"),
        ({"levels": (1, 2)}, "spatial pyramid"),
        ({"boxes": "b", "output_size": (2,)}, "regions"),
    ],
)
def test_an_option_chooses_the_windows(values, name):
    assert windows_of(OPS["max"], values).name == name


def test_operations_without_windows():
    assert windows_of(OPS["blur"], {}) is None


@pytest.mark.parametrize(
    ("op", "options", "message"),
    [
        ("max", {"kernel": 2, "global": True}, "`global` and `kernel` are two kinds of windows"),
        ("max", {"adaptive": 2, "levels": 2}, "`adaptive` and `levels` are two kinds"),
        ("max", {"seed": 2}, "`seed` belongs to `fractional`: give that, too"),
        ("max", {"output_size": 2}, "`output_size` belongs to `boxes`"),
        ("max", {"boxes": [[0, 0, 1, 1]]}, "max needs `output_size`: cells of each box"),
        ("max", {"border": "wrap"}, "`border` says what is in the padding, and there is none"),
        ("max", {"footprint": "disk", "adaptive": 2}, "are two kinds of windows"),
        ("max", {"footprint": np.eye(3), "kernel": 5}, "`kernel` 5 is not the size 3x3 of `foot"),
        ("max", {"footprint": np.zeros((3, 3))}, "`footprint` .* has no tap"),
        ("max", {"footprint": "disc"}, "takes disk, diamond, cross, ring, or a file of 0 and 1"),
        ("max", {"global": True, "border": 0, "padding": 1}, "are two kinds of windows"),
        ("roi-align", {"output_size": 2}, "roi-align needs `boxes`"),
        ("unpool", {}, "unpool needs `indices`"),
        ("fuse", {}, "fuse needs BRANCHES"),
        ("pyramid", {}, "pyramid needs `op`"),
        ("max", {"min_valid": 0.5}, "`min_valid` counts what `nodata`, `mask` or `nan` ignore"),
        ("max", {"fractional": 2, "samples": 0.5, "seed": 1}, "`seed` draws what `samples` gives"),
    ],
)
def test_conflicts_and_needs(op, options, message):
    with pytest.raises(poolcli.RequestError, match=message):
        step(op, options)


@pytest.mark.parametrize("options", [{"nodata": 0}, {"mask": [1]}, {"nan": "ignore"}])
def test_min_valid_with_what_leaves_out(options):
    assert step("max", {"min_valid": 0.5, **options})["min_valid"] == 0.5


def test_a_seed_of_the_operations_own():
    assert step("stochastic", {"fractional": 2, "samples": 0.5, "seed": 1})["seed"] == 1
