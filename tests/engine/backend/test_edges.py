"""Parts of a grid: every cell once, each with the pixels that it reads in the whole."""

import numpy as np
import pytest

from poolcli.engine.backend.edges import parts_of
from poolcli.engine.windows.sliding import Sliding


@pytest.mark.parametrize(
    ("padding", "count"), [(((4, 4), (4, 4)), 9), (((0, 4), (4, 4)), 6), (((0, 0), (0, 1)), 2)]
)
def test_parts_have_the_cells_of_the_whole(padding, count):
    grid = Sliding((9, 9), (1, 1), padding).grid((40, 50))
    parts = parts_of(grid)
    assert len(parts) == count
    seen = np.zeros(grid.shape, int)
    for source, target, part in parts:
        seen[target] += 1
        for axis, whole, pixels, cells in zip(
            part.axes, grid.axes, source[1:], target[1:], strict=True
        ):
            for cell in range(axis.cells):
                read = [pixel + pixels.start for pixel in axis.taps_of(cell).pixels]
                assert read == list(whole.taps_of(cell + cells.start).pixels)
    assert (seen == 1).all()


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(9, 1, 0), (9, 2, 4), (7, 1, 3), (9, 1, 4)]
)
def test_others_are_one_part(kernel, stride, padding):
    size = 20 if padding == 4 and stride == 1 else 100
    grid = Sliding((kernel,) * 2, (stride,) * 2, ((padding,) * 2,) * 2).grid((size, size))
    assert parts_of(grid) == ()
