"""Borders: which pixel a window reads beside the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolcli.engine.operations.receptive import receptive_pixels
from poolcli.engine.windows.border import ABSENT, CONSTANT, Border
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.frame import Frame

MODES = ("edge", "reflect", "symmetric", "wrap")


@given(st.sampled_from(MODES), st.integers(1, 9), st.integers(0, 40), st.integers(0, 40))
def test_a_border_repeats_the_pixels_that_numpy_repeats(mode, length, before, after):
    border = Border(mode, length, before, after)
    found = border.pixels(range(-before, length + after))
    np.testing.assert_array_equal(found, np.pad(np.arange(length), (before, after), mode=mode))
    assert border.pixels([-before - 1, length + after]).tolist() == [ABSENT, ABSENT]


def test_a_constant_and_no_border_have_no_pixels_of_the_map():
    assert Border("constant", 1, 1, 1).pixels([-1, 0, 1]).tolist() == [CONSTANT, 0, CONSTANT]
    assert Border("clip", 1, 1, 1).pixels([-1, 0, 1]).tolist() == [ABSENT, 0, ABSENT]


@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    pads=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    dilation=st.integers(1, 3),
    ceil_mode=st.booleans(),
    length=st.integers(1, 12),
)
def test_inner_cells_are_those_that_read_the_map_alone(length, ceil_mode, **sizes):
    options = {"kernel": (sizes["kernel"],), "stride": (sizes["stride"],)}
    options |= {"padding": (sizes["pads"],), "dilation": (sizes["dilation"],)}
    place = Sliding(**options, ceil_mode=ceil_mode, border=("wrap",))
    if sizes["dilation"] * (sizes["kernel"] - 1) + 1 > length + sum(sizes["pads"]):
        return
    (axis,) = place.grid((length,)).axes
    first, stop = axis.inner
    windows = [axis.taps_of(cell) for cell in range(axis.cells)]
    for cell, taps in enumerate(windows):
        reached = taps.window[: taps.extent]
        inside = reached[0] >= 0 and reached[-1] < length
        assert inside == (first <= cell < stop)
        assert taps.pixels == [at % length for at in reached]
    seen = sorted({pixel for taps in windows for pixel in taps.pixels})
    assert receptive_pixels(axis, range(axis.cells)).tolist() == seen


@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    pads=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    dilation=st.integers(1, 3),
    length=st.integers(1, 12),
)
def test_unclipped_cells_have_all_taps(length, **sizes):
    place = Sliding(
        (sizes["kernel"],),
        (sizes["stride"],),
        (sizes["pads"],),
        dilation=(sizes["dilation"],),
        allows_empty=True,
    )
    if sizes["dilation"] * (sizes["kernel"] - 1) + 1 > length + sum(sizes["pads"]):
        return
    for placed in place.on(Frame(None, None, (length,))).grids:
        (axis,) = placed.grid.axes
        first, stop = axis.unclipped
        whole = [len(axis.taps_of(cell).pixels) == axis.taps for cell in range(axis.cells)]
        assert all(whole[first:stop]) or not any(whole)
        assert any(whole) == all(whole[first:stop])
        assert not any(whole[:first] + whole[stop:])


@pytest.mark.parametrize("mode", [*MODES, "constant"])
def test_a_border_changes_no_shape(mode):
    for padding in (((1, 1),), ((0, 2),), "same", "same-lower"):
        for ceil_mode in (False, True):
            clipped = Sliding((3,), (2,), padding, ceil_mode=ceil_mode)
            bordered = Sliding((3,), (2,), padding, ceil_mode=ceil_mode, border=(mode,))
            for length in range(3, 9):
                assert bordered.grid((length,)).shape == clipped.grid((length,)).shape
