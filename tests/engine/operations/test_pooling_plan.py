"""Plans remember their blocks: for the limits and the memory order that they were cut for."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from time import monotonic, sleep

import numpy as np
import pytest

import poolcli
from poolcli.engine.backend import backend, blocks
from poolcli.engine.backend.blocks import Division
from poolcli.engine.operations import pooling_plan
from poolcli.engine.operations.pixels import MaskedPixels, ValueRules
from poolcli.engine.operations.pooling_plan import PlaneKind, plan_of
from poolcli.engine.reducers import folds, gathers
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.frame import Frame
from poolcli.resources.limits import Budget, limits

SHAPE = (3, 60, 50)
ORDERS = {
    "planes": np.zeros(SHAPE, np.float32),
    "pixels": np.zeros((60, 50, 3), np.float32).transpose(2, 0, 1),
    "columns": np.zeros((3, 50, 60), np.float32).swapaxes(1, 2),
}
LIMITS = {
    "one thread": {"threads": 1},
    "two threads": {"threads": 2},
    "five threads": {"threads": 5},
    "little memory": {"threads": 2, "memory": Budget(40_000)},
    "less memory": {"threads": 2, "memory": Budget(20_000)},
}
WINDOWS = {
    "inside": Sliding((3,), (2,)),
    "clipped": Sliding((3,), (2,), ((1, 1),)),
    "bordered": Sliding((3,), (2,), ((1, 1),), border=("edge",)),
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "LARGEST", 8_000)
    monkeypatch.setattr(blocks, "SMALLEST", 4_000)


def plan_for(windows, x):
    (placed,) = windows.on(Frame(None, 3, SHAPE[1:])).grids
    kind = PlaneKind.of(MaskedPixels(x, None, None), ValueRules(np.float32))
    return plan_of(placed, folds.max, kind, backend())


def described(work):
    axes = [tuple(axis.runs for axis in block.grid.axes) for block in work.blocks]
    return work.threads, [block.task[:2] for block in work.blocks], axes


@pytest.mark.parametrize("windows", WINDOWS)
def test_a_plan_has_the_blocks_that_a_new_one_would_have(windows):
    """Whatever it was used for before: each case comes after each of the others."""
    used = plan_for(WINDOWS[windows], ORDERS["planes"])
    cases = [(order, limit) for order in ORDERS for limit in LIMITS]
    for first in cases:
        for order, limit in (first, *cases):
            with limits(**LIMITS[limit]):
                new = plan_for(WINDOWS[windows], ORDERS[order])
                assert described(used.work(ORDERS[order])) == described(new.work(ORDERS[order]))


@pytest.mark.parametrize("limit", LIMITS)
def test_a_division_says_all_that_blocks_depend_on(limit):
    for x in ORDERS.values():
        plan = plan_for(WINDOWS["clipped"], x)
        with limits(**LIMITS[limit]):
            division = Division.of(x, 2, plan.load)
            expected = division.blocks((3,), plan.placed.grid.axes)
        assert division.blocks((3,), plan.placed.grid.axes) == expected


def test_few_blocks_are_remembered_and_many_are_not(monkeypatch):
    x = ORDERS["planes"]
    plan = plan_for(WINDOWS["clipped"], x)
    with limits(threads=2):
        assert len(plan.work(x).blocks) > 1
        assert plan.work(x) is plan.work(x)
        for bound in ("FEW_BLOCKS", "FEW_CELLS"):
            monkeypatch.setattr(pooling_plan, bound, 1)
            plan = plan_for(WINDOWS["clipped"], x)
            assert plan.work(x) is not plan.work(x)


@pytest.mark.parametrize("largest", [1 << 19, 1 << 22])  # several blocks, or one
@pytest.mark.parametrize("op", ["avg", "median", "std"])
def test_what_is_remembered_has_no_number_for_each_cell(monkeypatch, op, largest):
    """Clipped windows are counted in arrays as large as the result; these must not stay."""
    monkeypatch.setattr(blocks, "LARGEST", largest)
    monkeypatch.setattr(blocks, "SMALLEST", largest)
    x = np.zeros((900, 1100), np.uint8)
    pool = poolcli.parse(f"{op} -k 3 -s 1 -p 1 --dtype uint8")
    with limits(threads=2):
        pool(x[:800])  # what is imported stays
        latest = monotonic() + 10
        tracemalloc.start()
        pool(x)
        while tracemalloc.get_traced_memory()[0] > x.size // 4 and monotonic() < latest:
            sleep(0.01)  # a helper that was not needed may still have the call
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        monkeypatch.setattr(pooling_plan, "tasks", lambda *_, **__: pytest.fail("cut again"))
        pool(x)
    assert kept < x.size // 4


@pytest.mark.parametrize("op", ["max", "avg", "median", "std"])
def test_one_plan_in_several_threads_at_once(op):
    rng = np.random.default_rng(0)
    pool = poolcli.parse(f"{op} -k 3 -s 2 -p 1")
    maps = {
        "NCHW": rng.random((2, 3, 90, 80), np.float32),
        "NHWC": rng.random((2, 90, 80, 3), np.float32),
    }
    alone = {layout: pool(x, layout).tobytes() for layout, x in maps.items()}

    def pooled(number):
        layout = ("NCHW", "NHWC")[number % 2]
        some = limits(threads=1 + number % 3) if number % 5 else nullcontext()
        with some:
            return layout, pool(maps[layout], layout).tobytes()

    with ThreadPoolExecutor(6) as threads:
        for layout, found in threads.map(pooled, range(24)):
            assert found == alone[layout]


@pytest.mark.parametrize("blocks_are", ["one", "many"])
@pytest.mark.parametrize("op", ["median", "quantile --q .3", "trimmed --trim .2"])
def test_windows_of_one_size_apart_have_the_same_bits(monkeypatch, op, blocks_are):
    """Clipped windows have other ranks; those of a map that are whole need not know."""
    monkeypatch.setattr(blocks, "LARGEST", 1 if blocks_are == "many" else 1 << 22)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 50, (3, 19, 23)).astype(np.float32)
    x[:, 4:6, 3] = np.nan
    for words in (
        "-k 3 -s 1 -p 1",
        "-k 4x3 -s 3x2 -p 2x1 --ceil-mode",
        "-k 3 -d 3 -p 3x2",
        "-k 9 -p 4",
    ):
        for more in ("", " --nan ignore", " --border edge:clip", " --nodata 7 --min-valid .6"):
            found = []
            for many in (1, 1 << 40):
                monkeypatch.setattr(pooling_plan, "MANY_CELLS", many)
                pooling_plan.plan_of_whole.cache_clear()
                found.append(poolcli.parse(f"{op} {words}{more}")(x))
            assert found[0].tobytes() == found[1].tobytes()
    pooling_plan.plan_of_whole.cache_clear()


def test_windows_that_are_clipped_are_apart():
    x = np.zeros((1, 300, 200), np.float32)
    (placed,) = Sliding((3,), (1,), ((1, 1),)).on(Frame(None, 1, (300, 200))).grids
    kind = PlaneKind.of(MaskedPixels(x, None, None), ValueRules(np.float32))
    plan = plan_of(placed, partial(gathers.median, interpolation="linear"), kind, backend())
    whole = [
        np.prod(block.grid.shape)
        for block in plan.work(x).blocks
        if all(len(axis.runs) == 1 for axis in block.grid.axes) and block.grid.largest == 9
    ]
    assert sum(whole) == 298 * 198
    assert sum(np.prod(block.grid.shape) for block in plan.work(x).blocks) == 300 * 200
