"""Layouts: a letter for each axis."""

from __future__ import annotations

import pytest

from poolcli.errors import PoolError, RequestError
from poolcli.maps.layout import check_layout, default_layout


@pytest.mark.parametrize(
    ("ndim", "layout"), [(1, "L"), (2, "HW"), (3, "CHW"), (4, "NCHW"), (5, "NCDHW")]
)
def test_layout_by_axes(ndim, layout):
    assert default_layout(ndim) == layout


@pytest.mark.parametrize("ndim", [0, 6])
def test_no_usual_layout(ndim):
    with pytest.raises(PoolError, match=f"{ndim} axes"):
        default_layout(ndim)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("NCXW", "unknown letters .X"),
        ("HHW", "twice"),
        ("NC", "no axis to pool"),
        ("LH", "mixes L"),
        ("", "no axis"),
    ],
)
def test_wrong_layouts(layout, words):
    with pytest.raises(RequestError, match=words):
        check_layout(layout)


def test_layout_that_does_not_match_the_array():
    assert check_layout("nhwc", 4) == "NHWC"
    with pytest.raises(PoolError, match="NHWC names 4 axes, the array has 3"):
        check_layout("NHWC", 3)
