"""Memory that is used again: never while an array looks at it, and no more of it is kept than is said."""

import gc

import numpy as np
import pytest

import poolcli
from poolcli.resources import reuse


@pytest.fixture(autouse=True)
def nothing_kept():
    reuse._free.clear()
    yield
    reuse._free.clear()


def address(array):
    return array.__array_interface__["data"][0]


def test_an_array_takes_the_place_of_one_that_is_gone():
    first = reuse.empty((1024, 1024), np.float32)
    there = address(first)
    del first
    assert address(reuse.empty((1000, 1000), np.float32)) == there


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x[5:],
        lambda x: x.reshape(-1).view(np.uint8)[::3],
        memoryview,
        lambda x: x.base[5:],
    ],
    ids=["part", "bytes", "buffer", "base"],
)
def test_memory_that_is_looked_at_stays_what_it_is(look):
    first = reuse.empty((1 << 20,), np.uint8)
    first[...] = 7
    seen = look(first)
    del first
    second = reuse.empty((1 << 20,), np.uint8)
    second[...] = 9
    assert (np.asarray(seen) == 7).all()


def test_small_arrays_and_much_larger_rooms_are_left_alone():
    large = reuse.empty((8 << 20,), np.uint8)
    there = address(large)
    del large
    assert reuse.empty((10,), np.int64).base is None
    assert address(reuse.empty((4 << 20,), np.uint8)) != there


def test_no_more_is_kept_than_is_said(monkeypatch):
    monkeypatch.setattr(reuse, "MOST", 5 << 20)
    arrays = [reuse.empty(((1 + n) << 20,), np.uint8) for n in range(5)]
    sizes = [array.nbytes for array in arrays]
    arrays.clear()
    gc.collect()
    kept = [room.nbytes for room in reuse._free.values()]
    assert sum(kept) <= 5 << 20
    assert set(kept) <= set(sizes)


def test_results_of_pooling_are_their_own():
    x = np.arange(2048 * 2048, dtype=np.float32).reshape(2048, 2048)
    results = [poolcli.pool(x + n, "max", kernel=2, stride=1) for n in range(3)]
    for n, result in enumerate(results):
        np.testing.assert_array_equal(result, x[1:, 1:] + n)
    assert not np.shares_memory(results[0], results[1])
    kept = results[0].copy()
    first = results.pop(0)
    del results
    poolcli.pool(x, "min", kernel=2, stride=1)
    np.testing.assert_array_equal(first, kept)
