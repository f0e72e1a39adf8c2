"""Blocks: every plane and row once, as many at a time as asked for, and nothing beside them."""

import numpy as np
import pytest

import poolcli
from poolcli.engine.backend import blocks
from poolcli.engine.backend.blocks import Load, Task, cut, run
from poolcli.engine.windows.regions import Regions
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.frame import Frame
from poolcli.resources.limits import Budget, limits


def test_a_box_is_all_that_is_read_of_a_map():
    boxes = np.array([[30.0, 10, 40, 20]])
    (placed,) = Regions(boxes, (2,)).on(Frame(None, None, (100, 200))).grids
    parts = cut(np.empty((100, 200)), placed.grid.axes, Load(8, 8, 1, 160_000))
    assert [part.source for part in parts] == [(slice(10, 21), slice(30, 41))]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("lead", [(5, 7), (1000, 3), (3, 1000), (2, 0), (0, 2), (9,), ()])
def test_small_planes_are_worked_on_together(monkeypatch, lead, threads):
    """Every plane once, and as many at once as a block holds, over the batch, too."""
    monkeypatch.setattr(blocks, "LARGEST", 100 * 64 * 8)
    x = np.zeros((*lead, 8, 8))
    with limits(threads=threads):
        parts = cut(x, Sliding().grid((8, 8)).axes, Load(8, 8, 1, x.size * 8))
    for part in parts:
        x[part.source] += 1
    assert (x == 1).all()
    assert len(parts) <= 2 * (-(-x.size // (100 * 64)) + threads)


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_bands_have_the_cells_of_the_whole(monkeypatch, rows):
    """Band by band, the axes lead to the pixels that the whole axis has for a cell."""
    monkeypatch.setattr(blocks, "LARGEST", rows * 30)
    grid = Sliding((3,), (2,), ((1, 1),)).grid((61, 30))
    with limits(memory=Budget(1000)):
        parts = cut(np.empty((61, 30), np.uint8), grid.axes, Load(1, 1, 1, 61 * 30))
    first = 0
    for part in parts:
        source, target, axes = part.source[0], part.target[0], part.axes
        assert target.start == first
        for cell in range(target.start, target.stop):
            within = axes[0].taps_of(cell - first).pixels
            assert [source.start + tap for tap in within] == [*grid.axes[0].taps_of(cell).pixels]
        first = target.stop
    assert first == grid.shape[0]
    assert len(parts) > 1


def test_channels_of_pixels_stay_together(monkeypatch):
    monkeypatch.setattr(blocks, "LARGEST", 100)
    x = np.empty((50, 40, 3)).transpose(2, 0, 1)
    parts = cut(x, Sliding().grid((50, 40)).axes, Load(8, 8, 1, x.nbytes))
    assert len(parts) > 1
    assert all(part.source[0] == slice(0, 3) for part in parts)


def test_a_load_fits_the_budget():
    load = Load(state=4, pixel=28, least=28_000, whole=28_000_000)
    with limits(threads=4, memory=Budget(10_000_000)):
        assert load.threads == 4
        assert load.peak <= 5_000_000
        assert load.bands > 5
    with limits(threads=4, memory=Budget(100_000)):
        assert load.threads == 1
    with limits(threads=4):
        assert load.threads == 4


def test_loads_one_after_another():
    loads = [Load(4, 10, 100, 1000), Load(2, 30, 50, 500)]
    assert Load.of(loads) == Load(2, 30, 100, 1500)
    assert Load.of([load._replace(tiled=True) for load in loads]).tiled
    assert not Load.of([loads[0]._replace(tiled=True), loads[1]]).tiled


def test_numpy_does_not_warn_in_any_thread():
    x = np.zeros(3)

    def work(block):
        assert np.isnan(x / x).all()

    run([Task((at,), (), ()) for at in range(20)], work, 3)


@pytest.mark.parametrize("op", ["max", "avg", "std", "median", "mode", "stochastic"])
def test_threads_do_not_change_a_bit(monkeypatch, op):
    x = np.random.default_rng(0).standard_normal((6, 90, 70)).astype(np.float32)
    x = abs(x) if op == "stochastic" else x
    alone = poolcli.pool(x, op, kernel=3, stride=2, layout="CHW")
    monkeypatch.setattr(blocks, "LARGEST", 10_000)
    monkeypatch.setattr(blocks, "SMALLEST", 10_000)
    with limits(threads=3):
        together = poolcli.pool(x, op, kernel=3, stride=2, layout="CHW")
    assert together.tobytes() == alone.tobytes()
