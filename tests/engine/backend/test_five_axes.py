"""Arrays as the extension takes them: views wherever NumPy can make one, and never of a copy."""

import numpy as np
import pytest

pytest.importorskip("poolcli.engine.backend._core", reason="the extension was not built")

from poolcli.engine.backend.five_axes import Layout
from poolcli.engine.windows.sliding import Sliding

GRID = Sliding((2,)).grid((6, 8))
ARRAYS = {
    "map": np.zeros((6, 8)),
    "plane": np.zeros((1, 6, 8)),
    "planes": np.zeros((2, 3, 6, 8)),
    "rows apart": np.zeros((2, 3, 9, 8))[:, :, :6],
    "planes apart": np.zeros((2, 5, 6, 8))[:, :3],
    "batches apart": np.zeros((4, 3, 6, 8))[::2],
    "batch behind channels": np.zeros((3, 2, 6, 8)).swapaxes(0, 1),
    "one of several": np.zeros((2, 5, 6, 8))[:, 2:3],
    "reversed planes": np.zeros((2, 3, 6, 8))[::-1, ::-1],
    "columns first": np.zeros((2, 3, 8, 6)).swapaxes(-1, -2),
    "every other column": np.zeros((3, 6, 16))[..., ::2],
    "channels last": np.moveaxis(np.zeros((6, 8, 3)), -1, 0),
    "batch of channels last": np.moveaxis(np.zeros((2, 6, 8, 3)), -1, 1),
    "samples of channels last": np.moveaxis(np.zeros((2, 4, 6, 8, 3)), -1, 2),
    "samples apart": np.moveaxis(np.zeros((2, 5, 6, 8, 3))[:, :4], -1, 2),
    "some of the columns": np.moveaxis(np.zeros((6, 9, 3))[:, :8], -1, 0),
    "some of the channels": np.moveaxis(np.zeros((6, 8, 4))[..., :3], -1, 0),
    "no planes": np.zeros((0, 3, 6, 8)),
    "nothing of each": np.zeros((3, 0, 6, 8))[::2],
}


@pytest.mark.parametrize("name", ARRAYS)
def test_what_is_written_to_is_a_view(name):
    out = ARRAYS[name]
    layout = Layout.of(out, GRID)
    five, view = layout.five(out), layout.output(out)
    assert five.ndim == 5
    assert five.size == out.size
    if view is None:
        rows = five.strides[-2] == five.itemsize * five.shape[-1]
        assert not rows or not np.shares_memory(five, out)
    else:
        assert view.shape == five.shape
        assert np.shares_memory(view, out) or not out.size


@pytest.mark.parametrize("name", ARRAYS)
def test_what_is_read_has_the_values_in_their_places(name):
    x = ARRAYS[name].copy("K")
    x[...] = np.arange(x.size).reshape(x.shape)
    layout = Layout.of(x, GRID)
    read = layout.input(x)
    assert read.strides[-1] == x.itemsize or read.shape[-1] == 1 or not x.size
    planes = x.reshape(-1, 6, 8) if x.size else np.zeros((0, 6, 8))
    found = read[:, 0].transpose(0, 3, 1, 2).reshape(-1, 6, 8)
    np.testing.assert_array_equal(found, planes)
