"""The compiled kernels against their definitions, written as loops."""

from __future__ import annotations

import ctypes
import importlib
import math
import mmap
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest

from poolcli.engine.backend import network

core = pytest.importorskip(
    "poolcli.engine.backend._core", reason="the compiled kernels are optional"
)
by_network = importlib.import_module("poolcli.engine.backend.by_network")  # which needs them

INTEGERS = "BbHhiq"
SUMS = [
    *(
        ("B", "H"),
        ("B", "I"),
        ("b", "h"),
        ("b", "i"),
        ("H", "I"),
        ("H", "Q"),
        ("h", "i"),
        ("h", "q"),
    ),
    *(("i", "q"), ("q", "q"), ("f", "f"), ("d", "d"), ("?", "H")),
]
SQUARES = [("B", "d"), ("H", "d"), ("f", "d"), ("d", "d")]
FOLDS = [
    *((core.MAX, kind, kind) for kind in INTEGERS + "fd?"),
    *((core.MIN, kind, kind) for kind in INTEGERS + "fd?"),
    *((core.ADD, *kinds) for kinds in SUMS),
    *((code, *kinds) for code in (core.SQUARES, core.CUBES, core.CUBES_ABOVE) for kinds in SQUARES),
]


# The definition


def larger(a, b):
    return np.where((a > b) | (a != a), a, b)  # noqa: PLR0124


def smaller(a, b):
    return np.where((a < b) | (a != a), a, b)  # noqa: PLR0124


MERGES = {core.MAX: larger, core.MIN: smaller, core.ADD: np.add}
POWERS = {
    core.SQUARES: lambda x: x * x,
    core.CUBES: lambda x: abs(x) * abs(x) * abs(x),
    core.CUBES_ABOVE: lambda x: np.maximum(x, 1e-6) * np.maximum(x, 1e-6) * np.maximum(x, 1e-6),
}


def folded(merge, taps):
    """An even number of taps in halves, an odd one but the last, then that."""
    if len(taps) == 1:
        return taps[0]
    head = len(taps) - 1 if len(taps) % 2 else len(taps) // 2
    return merge(folded(merge, taps[:head]), folded(merge, taps[head:]))


def windows(runs):
    """The pixels of each cell along an axis."""
    return {
        cell + at * every: [start + at * stride + tap * step for tap in range(size)]
        for cell, number, start, stride, size, step, every in runs.tolist()
        for at in range(number)
    }


def fold(x, grid, merge, state):
    states = x.astype(state)
    states = POWERS[merge](states) if merge in POWERS else states
    for axis, runs in enumerate(grid, start=1):
        pixels = windows(runs)
        taps = [[states.take(pixel, axis) for pixel in pixels[cell]] for cell in range(len(pixels))]
        with np.errstate(all="ignore"):
            states = np.stack(
                [folded(MERGES.get(merge, np.add), window) for window in taps], axis
            ).astype(state)
    return states


def rounded(total, count, rounding):
    floor, rest = divmod(int(total), int(count))
    if rounding == core.HALF_EVEN:
        return floor + (2 * rest > count or (2 * rest == count and floor % 2))
    return floor + (rounding == core.HALF_UP and 2 * rest >= count)


def cells(grid):
    return tuple(int(runs[:, 1].sum()) for runs in grid)


# Anything that may come


def runs_of(rng, length):
    """Sliding windows with clipped ones, dilated ones, few of many, or cells that take turns."""
    kind = rng.integers(5)
    if kind == 0:  # sliding and clipped
        size, stride = int(rng.integers(1, length + 1)), int(rng.integers(1, 5))
        pad = int(rng.integers(0, (size + 1) // 2 + 1)) if size > 1 else 0
        starts = range(-pad, length + pad - size + 1, stride)
        spans = [(max(start, 0), min(start + size, length)) for start in starts]
        inner = [at for at, start in enumerate(starts) if start >= 0 and start + size <= length]
        rows = [
            (at, 1, low, 1, high - low, 1, 1)
            for at, (low, high) in enumerate(spans)
            if at not in inner
        ]
        rows += [(inner[0], len(inner), spans[inner[0]][0], stride, size, 1, 1)] if inner else []
    elif kind == 1:  # dilated
        size = int(rng.integers(1, 5))
        step = int(rng.integers(1, 4))
        span = (size - 1) * step + 1
        if span > length:
            size, span = 1, 1
        stride = int(rng.integers(1, 4))
        number = int(rng.integers(1, (length - span) // stride + 2))
        start = int(rng.integers(0, length - span - (number - 1) * stride + 1))
        rows = [(0, number, start, stride, size, step, 1)]
    elif kind == 2:  # adaptive
        number = int(rng.integers(1, 2 * length + 1))
        common = math.gcd(number, length)
        period = number // common
        bounds = [(at * length // number, -(-(at + 1) * length // number)) for at in range(period)]
        rows = [
            (at, common, low, length // common, high - low, 1, period)
            for at, (low, high) in enumerate(bounds)
        ]
    elif kind == 3:  # global
        rows = [(0, 1, 0, 1, length, 1, 1)]
    else:  # every cell for itself
        number = int(rng.integers(1, 6))
        sizes = rng.integers(1, length + 1, number)
        rows = [
            (at, 1, int(rng.integers(0, length - size + 1)), 0, size, 1, 1)
            for at, size in enumerate(sizes)
        ]
        rng.shuffle(rows)
    return np.array(rows, np.int64).reshape(-1, 7)


def values_of(rng, shape, kind):
    dtype = np.dtype(kind)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind == "f":
        few = rng.integers(-2, 3, shape).astype(dtype) * dtype.type(
            -0.0 if rng.random() < 0.3 else 1
        )
        x = few if rng.random() < 0.4 else rng.standard_normal(shape).astype(dtype)
        if rng.random() < 0.4:
            x[rng.random(shape) < 0.03] = np.nan
            x[rng.random(shape) < 0.03] = rng.choice([np.inf, -np.inf, 1e38])
        return x
    info = np.iinfo(dtype)
    low, high = [(info.min, info.max), (info.max - 2, info.max), (0, 3)][rng.integers(3)]
    return rng.integers(low, high, shape, dtype, endpoint=True)


def placed(rng, shape, dtype):
    """An array whose rows lie apart."""
    gaps = rng.integers(0, 3, 3)
    room = np.zeros((shape[0] + gaps[0], shape[1] + gaps[1], shape[2] + gaps[2], *shape[3:]), dtype)
    if rng.random() < 0.3:
        room = room[::-1, :, ::-1]
    return room[gaps[0] :, gaps[1] :, gaps[2] :]


def shape_of(rng, *, long=False):
    shape = [int(rng.integers(1, most)) for most in (4, 4, 14, 40)]
    if long:
        shape = [1, 1, int(rng.integers(1, 60)), int(rng.integers(100, 3000))]
        shape = shape if rng.random() < 0.7 else [1, 1, shape[3], int(rng.integers(1, 60))]
    elif rng.random() < 0.5:
        shape[1] = 1
    return (*shape, int(rng.choice([1, 1, 2, 3, 4, 17])))


def case(seed, kind, *, long=False):
    rng = np.random.default_rng(seed)
    shape = shape_of(rng, long=long)
    x = placed(rng, shape, kind)
    x[...] = values_of(rng, shape, kind)
    return rng, x, tuple(runs_of(rng, length) for length in shape[1:4])


def same(a, b):
    """Bit for bit, but for which NaN it is."""
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    nan = np.isnan(a)
    whole = f"u{a.itemsize}"
    return np.array_equal(nan, np.isnan(b)) and np.array_equal(
        np.where(nan, 0, a.view(whole)), np.where(nan, 0, np.ascontiguousarray(b).view(whole))
    )


# Folds


@pytest.mark.parametrize(("merge", "kind", "state"), FOLDS)
@pytest.mark.parametrize("seed", range(25))
def test_a_fold_is_its_definition(merge, kind, state, seed):
    rng, x, grid = case(seed, kind, long=seed % 8 == 7)
    out = placed(rng, (x.shape[0], *cells(grid), x.shape[4]), state)
    core.fold(x, out, grid, merge, state)
    assert same(np.ascontiguousarray(out), fold(x, grid, merge, state))


@pytest.mark.parametrize("kind", "Bf")
@pytest.mark.parametrize("way", [-1, 1])
@pytest.mark.parametrize("gaps", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_planes_that_follow_one_another(kind, way, gaps):
    """Windows that tile planes, some of which could be one plane."""
    tilings = [(1, 0, 7, 1), (1, 2, 3, 1), (7, 1, 1, 1), (2, 4, 2, 2), (3, 1, 2, 3), (2, 3, 3, 1)]
    rng = np.random.default_rng(0)
    for (number, stride, size, step), channels in product(tilings, [1, 3]):
        height = max(number * stride, (number - 1) * stride + (size - 1) * step + 1)
        x = np.zeros((5, 1, height + gaps[0], 20, channels), kind)[::way, :, gaps[0] :]
        out = np.zeros((5, 1, number + gaps[1], 10, channels), kind)[::way, :, gaps[1] :]
        x[...] = values_of(rng, x.shape, kind)
        runs = [(0, 1, 0, 1, 1, 1, 1), (0, number, 0, stride, size, step, 1)]
        grid = tuple(np.array([run]) for run in [*runs, (0, 10, 0, 2, 2, 1, 1)])
        core.fold(x, out, grid, core.MAX, kind)
        assert same(out, fold(x, grid, core.MAX, kind))
        counts = np.ones(1, np.int64), rng.integers(1, 4, number), np.full(10, 2)
        state = "H" if kind == "B" else kind
        core.fold(x, out, grid, core.ADD, state, counts)
        totals = fold(x, grid, core.ADD, state).astype("d" if kind == "B" else kind)
        means = totals / (2 * counts[1][:, None, None]).astype(totals.dtype)
        assert same(out, np.clip(np.rint(means), 0, 255).astype("B") if kind == "B" else means)


@pytest.mark.parametrize(("kind", "state"), SUMS)
@pytest.mark.parametrize("rounding", [core.HALF_EVEN, core.HALF_UP, core.FLOOR])
@pytest.mark.parametrize("seed", range(8))
def test_whole_quotients_are_exact(kind, state, rounding, seed):
    if np.dtype(kind).kind not in "iu" or not core.can_fold(core.ADD, kind, state, kind):
        pytest.skip("not of whole numbers, or none that are exact in float64")
    rng, x, grid = case(seed, kind)
    out = placed(rng, (x.shape[0], *cells(grid), x.shape[4]), kind)
    counts = [rng.integers(1, rng.choice([2, 5, 40]), length) for length in cells(grid)]
    core.fold(x, out, grid, core.ADD, state, tuple(counts), rounding)
    totals = fold(x, grid, core.ADD, state)
    info = np.iinfo(kind)
    for at in product(*map(range, out.shape)):
        count = math.prod(int(counts[axis][at[axis + 1]]) for axis in range(3))
        assert out[at] == min(max(rounded(totals[at], count, rounding), info.min), info.max)


@pytest.mark.parametrize(("kind", "state"), SUMS)
@pytest.mark.parametrize("result", "fd")
@pytest.mark.parametrize("seed", range(4))
def test_quotients_in_floats_are_those_of_doubles(kind, state, result, seed):
    if state in "fd" and state != result:
        pytest.skip("a float is divided as it is")
    rng, x, grid = case(seed, kind)
    out = placed(rng, (x.shape[0], *cells(grid), x.shape[4]), result)
    counts = [rng.integers(1, rng.choice([2, 5, 40]), length) for length in cells(grid)]
    core.fold(x, out, grid, core.ADD, state, tuple(counts))
    totals = fold(x, grid, core.ADD, state)
    totals = totals if state in "fd" else totals.astype("d")
    count = counts[0][:, None, None, None] * counts[1][:, None, None] * counts[2][:, None]
    assert same(np.ascontiguousarray(out), (totals / count.astype(totals.dtype)).astype(result))


@pytest.mark.complete
def test_every_quotient_of_bytes():
    rounding = [core.HALF_EVEN, core.HALF_UP, core.FLOOR]
    for size, rule in product([*range(1, 18), 49, 81, 121, 225, 255, 256, 257], rounding):
        totals = np.arange(255 * size + 1)
        taps = np.minimum(np.maximum(totals[:, None] - 255 * np.arange(size), 0), 255).astype("B")
        out = np.empty((1, 1, 1, totals.size, 1), "B")
        x = np.ascontiguousarray(taps).reshape(1, 1, 1, -1, 1)
        grid = [[(0, 1, 0, 1, 1, 1, 1)]] * 2 + [[(0, totals.size, 0, size, size, 1, 1)]]
        one, count = np.ones(1, np.int64), np.full(totals.size, size, np.int64)
        state = "H" if size < 257 else "I"
        core.fold(
            x, out, tuple(np.array(runs) for runs in grid), core.ADD, state, (one, one, count), rule
        )
        assert np.array_equal(out.ravel(), [rounded(total, size, rule) for total in totals])


# Order statistics


def in_order(x, grid):
    """The values of each window in order; all of one with a NaN are NaN."""
    per_axis = [windows(runs) for runs in grid]
    out = np.empty((x.shape[0], *cells(grid), x.shape[4]), object)
    for outer, *at, channel in np.ndindex(out.shape):
        taps = x[outer][np.ix_(*(pixels[cell] for pixels, cell in zip(per_axis, at, strict=True)))][
            ..., channel
        ].ravel()
        taps = np.sort(taps)
        out[(outer, *at, channel)] = np.full_like(taps, np.nan) if taps[-1] != taps[-1] else taps
    return out


def uniform(rng, length):
    """One run of equal windows."""
    size, step = int(rng.integers(1, min(6, length + 1))), int(rng.integers(1, 3))
    step = step if (size - 1) * step < length else 1
    stride = int(rng.integers(1, 5))
    most = (length - (size - 1) * step - 1) // stride + 1
    number = int(rng.integers(1, most + 1))
    start = int(rng.integers(0, length - (size - 1) * step - (number - 1) * stride))
    return (0, number, start, stride, size, step, 1)


@pytest.mark.parametrize("kind", INTEGERS + "fd")
@pytest.mark.parametrize("seed", range(30))
def test_networks_give_values_in_order(kind, seed):
    rng = np.random.default_rng(seed)
    shape = (2, 3, 11, int(rng.choice([9, 40, 700])), int(rng.choice([1, 1, 3, 4])))
    x = placed(rng, shape, kind)
    x[...] = values_of(rng, shape, kind)
    runs = [
        (0, 3, 0, 1, 1, 1, 1) if rng.random() < 0.7 else uniform(rng, 3),
        uniform(rng, 11),
        uniform(rng, shape[3]),
    ]
    grid = tuple(np.array([run], np.int64) for run in runs)
    taps = math.prod(run[4] for run in runs)
    places = tuple(sorted({int(place) for place in rng.integers(0, taps, int(rng.integers(1, 3)))}))
    phases = runs[2][3] if rng.random() < 0.5 else 1
    plan = network.program(runs[0][4] * runs[1][4], runs[2][4], places, runs[2][5], phases)
    outs = tuple(placed(rng, (2, *cells(grid), shape[4]), kind) for _ in places)
    core.network(x, outs, grid, phases, *by_network.tables_of(plan))
    ordered = in_order(x, grid)
    for place, out in zip(places, outs, strict=True):
        for at in np.ndindex(out.shape):
            assert np.array_equal(out[at], ordered[at][place], equal_nan=kind in "fd")


@pytest.mark.parametrize("kind", INTEGERS + "fd")
@pytest.mark.parametrize("seed", range(12))
def test_networks_give_the_most_frequent_value(kind, seed):
    rng = np.random.default_rng(seed)
    shape = (2, 2, 9, int(rng.choice([9, 40, 700])), int(rng.choice([1, 1, 3, 4])))
    x = placed(rng, shape, kind)
    x[...] = rng.integers(0, 5, shape) if rng.random() < 0.7 else values_of(rng, shape, kind)
    runs = [(0, 2, 0, 1, 1, 1, 1), uniform(rng, 9), uniform(rng, shape[3])]
    grid = tuple(np.array([run], np.int64) for run in runs)
    phases = runs[2][3] if rng.random() < 0.5 else 1
    places = tuple(range(runs[1][4] * runs[2][4]))
    plan = network.program(runs[1][4], runs[2][4], places, runs[2][5], phases)
    out = placed(rng, (2, *cells(grid), shape[4]), kind)
    core.network(x, (out,), grid, phases, *by_network.tables_of(plan), 1)
    for at, taps in values_in(x, grid):
        found, counts = np.unique(taps, return_counts=True)
        wanted = np.nan if np.isnan(taps).any() else found[counts.argmax()]
        assert np.array_equal(out[at], wanted, equal_nan=kind in "fd")


@pytest.mark.parametrize("kind", INTEGERS + "fd")
@pytest.mark.parametrize("seed", range(12))
def test_networks_give_the_value_at_the_rank_of_each_cell(guarded, kind, seed):
    rng = np.random.default_rng(seed)
    shape = (2, 2, 9, int(rng.choice([9, 40, 700])), int(rng.choice([1, 1, 3, 4])))
    x = guarded(shape, kind, front=seed % 2)
    x[...] = values_of(rng, shape, kind)
    runs = [(0, 2, 0, 1, 1, 1, 1), uniform(rng, 9), uniform(rng, shape[3])]
    grid = tuple(np.array([run], np.int64) for run in runs)
    phases = runs[2][3] if rng.random() < 0.5 else 1
    taps = runs[1][4] * runs[2][4]
    plan = network.program(runs[1][4], runs[2][4], tuple(range(taps)), runs[2][5], phases)
    outs, ranks = (
        [guarded((2, *cells(grid), shape[4]), each, front=seed % 2) for _ in "12"]
        for each in (kind, "B")
    )
    for rank in ranks:
        rank[...] = rng.integers(0, taps + 2, rank.shape)
    calls, found = by_network.tables_of(plan)
    core.network(x, tuple(outs), grid, phases, calls, found, False, tuple(ranks))
    ordered = in_order(x, grid)
    for out, rank in zip(outs, ranks, strict=True):
        for at in np.ndindex(out.shape):
            wanted = ordered[at][min(rank[at], taps - 1)]
            assert np.array_equal(out[at], wanted, equal_nan=kind in "fd")
    for wrong in ((ranks[0],), (ranks[0], ranks[1].astype("H")), (ranks[0], ranks[1][:1])):
        with pytest.raises(ValueError, match=r"\w"):
            core.network(x, tuple(outs), grid, phases, calls, found, False, wrong)


def values_in(x, grid, valid=None):
    """The valid values of each window in turn, and which taps they are."""
    per_axis = [windows(runs) for runs in grid]
    for outer, *at, channel in np.ndindex(x.shape[0], *cells(grid), x.shape[4]):
        window = np.ix_(*(pixels[cell] for pixels, cell in zip(per_axis, at, strict=True)))
        taps = x[outer][window][..., channel].ravel()
        yield (
            (outer, *at, channel),
            taps if valid is None else taps[valid[outer][window][..., channel].ravel() != 0],
        )


@pytest.mark.parametrize("kind", "BbHh")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_ranks_of_windows(kind, masked, seed):
    rng, x, grid = case(seed, kind)
    shape = (x.shape[0], *cells(grid), x.shape[4])
    valid = (rng.random(x.shape) < rng.choice([0.3, 0.9])).astype("B") if masked else None
    outs, ranks = (
        (placed(rng, shape, kind), placed(rng, shape, kind)),
        (rng.integers(0, 9, shape), 3),
    )
    core.order(x, outs, grid, ranks, valid)
    for at, taps in values_in(x, grid, valid):
        taps = np.sort(taps)  # noqa: PLW2901
        for out, rank in zip(outs, (ranks[0][at], 3), strict=True):
            assert out[at] == (taps[min(rank, taps.size - 1)] if taps.size else 0)


@pytest.mark.parametrize("kind", "BbHh")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_modes_of_windows(kind, masked, seed):
    rng, x, grid = case(seed, kind)
    shape = (x.shape[0], *cells(grid), x.shape[4])
    valid = (rng.random(x.shape) < rng.choice([0.3, 0.9])).astype("B") if masked else None
    out = placed(rng, shape, kind)
    core.order(x, (out,), grid, None, valid)
    for at, taps in values_in(x, grid, valid):
        found, counts = np.unique(taps, return_counts=True)
        assert out[at] == (found[counts.argmax()] if taps.size else 0)


@pytest.mark.parametrize("kind", "BbHh")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", [1, 3, 4, 8])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_modes_of_labels_in_windows_that_share_no_pixels(kind, masked, size, length):
    """Equal neighbours, ties of all kinds, and windows of which one label has more than half."""
    rng = np.random.default_rng([size, length, masked])
    labels = np.array([-1, 0, 1, 120]).astype(kind)
    x = rng.choice(labels, (2, 2 * size, size, 40, 1)).repeat(length, axis=3)
    valid = (rng.random(x.shape) < 0.6).astype("B") if masked else None
    counts = [length // size for length in x.shape[1:4]]
    grid = tuple(np.array([[0, count, 0, size, size, 1, 1]], np.int64) for count in counts)
    out = np.empty((2, *counts, 1), kind)
    core.order(x, (out,), grid, None, valid)
    for at, taps in values_in(x, grid, valid):
        found, times = np.unique(taps, return_counts=True)
        assert out[at] == (found[times.argmax()] if taps.size else 0)


@pytest.mark.parametrize("kind", "BbHh")
@pytest.mark.parametrize("seed", range(4))
def test_modes_of_planes_of_one_value(kind, seed):
    """Windows of any size that lie apart, and labels of any form, also at the ends of a range."""
    rng = np.random.default_rng(seed)
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    labels = np.array([low, 0, 1, high - 1, high]).astype(kind)
    x = rng.choice(labels, (1, 4, 5, 9, 1)).repeat(2, 1).repeat(3, 2).repeat(4, 3)
    x[0, 0, 0, ::5] = low
    runs = [[0, 2, 0, 4, 4, 1, 1]], [[0, 3, 1, 5, 3, 1, 1]], [[0, 6, 0, 6, 5, 1, 1]]
    grid = tuple(np.array(each, np.int64) for each in runs)
    out = np.empty((1, 2, 3, 6, 1), kind)
    core.order(x, (out,), grid, None)
    for at, taps in values_in(x, grid, None):
        found, times = np.unique(taps, return_counts=True)
        assert out[at] == found[times.argmax()]


@pytest.mark.parametrize("kind", INTEGERS + "fd")
@pytest.mark.parametrize("merge", [core.MAX, core.MIN])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("seed", range(8))
def test_indices_of_leading_values(kind, merge, last, seed):
    rng, x, grid = case(seed, kind, long=seed == 7)
    shape = (x.shape[0], *cells(grid), x.shape[4])
    values, indices = placed(rng, shape, kind), placed(rng, shape, "q")
    base, pitch = rng.integers(0, 1000, shape[0]), np.array([100000, 1000, 1])
    core.fold_index(x, (values, indices), grid, merge, base, pitch, last)
    assert same(np.ascontiguousarray(values), fold(x, grid, merge, kind))
    where = (
        np.arange(x.shape[1])[:, None, None] * pitch[0] + np.arange(x.shape[2])[:, None] * pitch[1]
    )
    where = np.broadcast_to((where + np.arange(x.shape[3]))[None, ..., None], x.shape)
    for (at, taps), (_, places) in zip(values_in(x, grid), values_in(where, grid), strict=True):
        value = values[at]
        (leading,) = np.nonzero(np.isnan(taps) if value != value else taps == value)  # noqa: PLR0124
        nan = value != value  # noqa: PLR0124
        assert indices[at] == base[at[0]] + places[leading[-1 if last and nan else 0]]


# Variances


def merged(a, b):
    """Chan, Golub, LeVeque 1979, of count, mean, and sum of squared deviations."""
    count, away = a[0] + b[0], b[1] - a[1]
    share = b[0] / np.where(count > 0, count, 1)
    weight = a[0] * share
    between = np.where(weight > 0, away * away * weight, 0)
    return np.stack([count, a[1] + away * share, a[2] + b[2] + between])


def variances(x, grid, valid):
    """The definition, axis by axis; NaN where no pixel counts."""
    wide = x.astype("d")
    with np.errstate(all="ignore"):
        states = np.stack([np.ones_like(wide), wide, wide - wide])
        states = np.where(valid, states, 0.0)
        for axis, runs in enumerate(grid, start=1):
            pixels = windows(runs)
            cells = [
                folded(merged, [states.take(tap, axis + 1) for tap in pixels[cell]])
                for cell in range(len(pixels))
            ]
            states = np.stack(cells, axis + 1)
        return states[2] / states[0]


@pytest.mark.parametrize("kind", "fd")
@pytest.mark.parametrize("result", "fd")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("seed", range(16))
def test_variances_are_their_definition(guarded, kind, result, masked, seed):
    rng, values, grid = case(seed, kind, long=seed % 8 == 7)
    x = guarded(values.shape, kind, front=seed % 2)
    x[...] = values
    valid = guarded(values.shape, "B", front=seed % 2)
    valid[...] = rng.random(x.shape) < rng.choice([0.2, 0.9]) if masked else True
    out = guarded((x.shape[0], *cells(grid), x.shape[4]), result, front=seed % 2)
    expected = variances(x, grid, valid != 0)
    with np.errstate(all="ignore"):
        for root, each in enumerate((expected, np.sqrt(expected))):
            is_finite = core.spread(x, out, grid, root, valid if masked else None)
            assert is_finite == np.isfinite(each).all()
            assert same(out, each.astype(result))


@pytest.mark.parametrize(("kind", "state"), [("B", "H"), ("b", "h"), ("H", "I"), ("h", "i")])
@pytest.mark.parametrize("result", ["f", "d", "whole"])
@pytest.mark.parametrize("seed", range(4))
def test_variances_of_whole_numbers_are_exact(guarded, kind, state, result, seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(size) for size in rng.integers(1, [4, 4, 9, 40, 4]))
    info, size = np.iinfo(kind), 7
    taps = rng.integers(info.min, info.max, (size, *shape), endpoint=True).astype(object)
    kinds = (state, "d", kind.upper() if result == "whole" else result)
    totals, squares, out = (guarded(shape, each, front=seed % 2) for each in kinds)
    totals[...], squares[...] = taps.sum(0), (taps * taps).sum(0)
    counts = tuple(np.full(shape[axis + 1], size if axis == seed % 3 else 1) for axis in range(3))
    exact = (size * (taps * taps).sum(0) - taps.sum(0) ** 2).astype("d") / size**2
    if result != "whole":
        for root, each in enumerate((exact, np.sqrt(exact))):
            core.deviate(totals, squares, out, counts, root, core.HALF_EVEN)
            assert same(out, each.astype(result))
        return
    for rule, rounds in (
        (core.HALF_EVEN, np.rint),
        (core.FLOOR, np.floor),
        (core.HALF_UP, lambda x: np.floor(x + 0.5)),
    ):
        core.deviate(totals, squares, out, counts, True, rule)
        assert np.array_equal(out, rounds(np.sqrt(exact)))


@pytest.mark.parametrize(
    "changes",
    [
        {"x": "i"},
        {"out": "B"},
        {"valid": "H"},
        {"mask": (1, 1, 4, 5, 2)},
        {"cells": (1, 1, 3, 4, 2)},
    ],
)
def test_variances_that_do_not_fit_are_refused(changes):
    shape = (1, 1, 4, 4, 2)
    x = np.zeros(shape, changes.get("x", "d"))
    out = np.zeros(changes.get("cells", shape), changes.get("out", "d"))
    valid = np.ones(changes.get("mask", shape), changes.get("valid", "B"))
    grid = tuple(np.array([[0, size, 0, 1, 1, 1, 1]]) for size in shape[1:4])
    with pytest.raises(ValueError, match=r"\w"):
        core.spread(x, out, grid, True, valid)


@pytest.mark.parametrize(
    "changes",
    [
        {"totals": "Q"},
        {"squares": "f"},
        {"out": "b"},
        {"root": 0},
        {"count": 0},
        {"count": 1 << 20},
        {"cells": 3},
    ],
)
def test_sums_that_do_not_fit_are_refused(changes):
    kinds = (changes.get(*each) for each in (("totals", "H"), ("squares", "d"), ("out", "B")))
    totals, squares, out = (np.ones((1, 1, 4, 4, 2), kind) for kind in kinds)
    one, four = np.ones(1, np.int64), np.full(changes.get("cells", 4), changes.get("count", 2))
    with pytest.raises(ValueError, match=r"\w"):
        core.deviate(totals, squares, out, (one, four, four), changes.get("root", 1), core.FLOOR)


# Cells with numbers of their own


@pytest.mark.parametrize(("kind", "state"), SUMS)
@pytest.mark.parametrize("result", ["f", "d", "own"])
@pytest.mark.parametrize("seed", range(3))
def test_totals_over_a_count_for_each_cell(guarded, kind, state, result, seed):
    result = kind if result == "own" else result
    if result == "?" or not core.can_fold(core.ADD, kind, state, result):
        pytest.skip("no such mean")
    rng = np.random.default_rng(seed)
    shape = tuple(int(size) for size in rng.integers(1, [4, 4, 9, 40, 4]))
    totals, counts, out = (guarded(shape, each, front=seed % 2) for each in (state, "I", result))
    counts[...] = rng.integers(0, 12, shape)
    with np.errstate(all="ignore"):
        totals[...] = values_of(rng, shape, kind).astype(state) * counts
    for rule in (core.HALF_EVEN, core.HALF_UP, core.FLOOR):
        is_finite = core.divide(totals, counts, out, rule)
        over = np.maximum(counts, 1)
        if result in "fd":
            wide = totals.astype("f" if state == "f" else "d")
            with np.errstate(all="ignore"):
                means = (wide / over.astype(wide.dtype)).astype(result)
            assert same(out, means)
            assert is_finite == np.isfinite(means).all()
            continue
        for at in np.ndindex(shape):
            info = np.iinfo(result)
            assert out[at] == np.clip(rounded(totals[at], over[at], rule), info.min, info.max)


@pytest.mark.parametrize("seed", range(3))
def test_roots_of_totals_over_a_count_for_each_cell(guarded, seed):
    rng = np.random.default_rng(seed)
    totals, counts, out = (guarded((2, 1, 3, 17, 1), each, front=seed % 2) for each in "dIf")
    totals[...], counts[...] = rng.random(out.shape), rng.integers(0, 9, out.shape)
    core.divide(totals, counts, out, core.ROOT)
    assert same(out, np.sqrt(totals / np.maximum(counts, 1)).astype("f"))


@pytest.mark.parametrize(
    "changes",
    [{"totals": "B"}, {"counts": "i"}, {"out": "i"}, {"rule": 9}, {"rule": core.ROOT}, {"size": 3}],
)
def test_counts_of_cells_that_do_not_fit_are_refused(changes):
    kinds = (changes.get(*each) for each in (("totals", "H"), ("counts", "I"), ("out", "B")))
    totals, counts, out = (np.ones((1, 1, 4, 4, 2), kind) for kind in kinds)
    counts = counts[:, :, : changes.get("size", 4)]
    with pytest.raises(ValueError, match=r"\w"):
        core.divide(totals, counts, out, changes.get("rule", core.FLOOR))


@pytest.mark.parametrize("kind", INTEGERS + "fd?")
@pytest.mark.parametrize("seed", range(8))
def test_correlations_are_their_definition(guarded, kind, seed):
    rng = np.random.default_rng(seed)
    shape = (2, 3, 11, int(rng.choice([9, 40, 700])), int(rng.choice([1, 1, 3, 4])))
    x = guarded(shape, kind, front=seed % 2)
    x[...] = values_of(rng, shape, kind)
    runs = [uniform(rng, 3), uniform(rng, 11), uniform(rng, shape[3])]
    grid = tuple(np.array([run], np.int64) for run in runs)
    weights = rng.standard_normal([run[4] for run in runs])
    weights[rng.random(weights.shape) < 0.3] = 0
    out = guarded((2, *cells(grid), shape[4]), "d", front=seed % 2)
    core.correlate(x, out, grid, weights)
    for at, taps in values_in(x, grid):
        total = 0.0
        with np.errstate(all="ignore"):
            for weight, tap in zip(weights.ravel(), taps, strict=True):
                total = total + weight * np.float64(tap) if weight else total
        assert np.array_equal(out[at], total, equal_nan=True)


@pytest.mark.parametrize(
    "changes", [{"out": "f"}, {"weights": (1, 3, 1)}, {"runs": 2}, {"kind": "f"}]
)
def test_correlations_that_do_not_fit_are_refused(changes):
    runs = np.array([(0, 2, 0, 1, 2, 1, 1), (2, 1, 2, 1, 1, 1, 1)][: changes.get("runs", 1)])
    one = np.array([(0, 1, 0, 1, 1, 1, 1)])
    out = np.zeros((1, 1, 1, 3, 1), changes.get("out", "d"))
    weights = np.ones(changes.get("weights", (1, 1, 2)), changes.get("kind", "d"))
    with pytest.raises(ValueError, match=r"\w"):
        core.correlate(np.zeros((1, 1, 1, 3, 1)), out, (one, one, runs), weights)


# Weighted sums


def weights_of(rng, boxes, cells, pixels, length):
    """Weights of the cells of boxes, some of them zero, and where boxes begin."""
    weights = rng.random((boxes, 1, cells, pixels, 1)) * (
        rng.random((boxes, 1, cells, pixels, 1)) < 0.5
    )
    return weights, rng.integers(0, length, boxes)


def weighed(x, rows, columns, shape):
    """The definition, one weight after another."""
    out = np.zeros(shape)
    for box, channel, i, j, _ in np.ndindex(shape):
        for y, high in enumerate(rows[0][box, 0, i, : x.shape[2] - rows[1][box], 0]):
            across = 0.0
            for at, wide in enumerate(columns[0][box, 0, j, : x.shape[3] - columns[1][box], 0]):
                pixel = float(x[0, 0, rows[1][box] + y, columns[1][box] + at, channel])
                across += wide * pixel
            out[box, channel, i, j] += high * across
    return out


@pytest.mark.parametrize("pixel", "fd")
@pytest.mark.parametrize("kind", "fd")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("front", [False, True])
def test_weighted_sums_are_their_definition(guarded, pixel, kind, seed, front):
    rng = np.random.default_rng(seed)
    height, width, channels = (int(size) for size in rng.integers(1, [9, 14, 9]))
    x = guarded((1, 1, height, width, channels), pixel, front=front)
    x[...] = rng.standard_normal(x.shape)
    rows, columns = weights_of(rng, 3, 2, 6, height), weights_of(rng, 3, 4, 13, width)
    out = guarded((3, channels, 2, 4, 1), kind, front=front)
    core.weigh(x, out, rows, columns)
    assert same(np.ascontiguousarray(out), weighed(x, rows, columns, out.shape).astype(kind))


@pytest.mark.parametrize(
    "changes", [{"x": "i"}, {"out": "B"}, {"start": 4}, {"start": -1}, {"cells": 3}]
)
def test_weights_that_do_not_fit_are_refused(changes):
    x, out = np.zeros((1, 1, 4, 4, 2), changes.get("x", "d")), np.zeros((1, 2, 2, 2, 1), "d")
    weights = np.ones((1, 1, changes.get("cells", 2), 3, 1)), np.array([changes.get("start", 0)])
    with pytest.raises(ValueError, match=r"\w"):
        core.weigh(x, out.astype(changes.get("out", "d")), weights, weights)


# What does not fit


def arguments(**changes):
    x = np.zeros((2, 1, 6, 8, 3), "f")
    given = {
        "x": x,
        "out": np.zeros((2, 1, 3, 4, 3), "f"),
        "merge": core.ADD,
        "state": "f",
        "counts": None,
        "rule": 0,
    }
    given |= {
        "d": [(0, 1, 0, 1, 1, 1, 1)],
        "h": [(0, 3, 0, 2, 2, 1, 1)],
        "w": [(0, 4, 0, 2, 2, 1, 1)],
    }
    given |= changes
    grid = tuple(np.array(given[axis], np.int64) for axis in "dhw")
    return (
        given["x"],
        given["out"],
        grid,
        given["merge"],
        given["state"],
        given["counts"],
        given["rule"],
    )


ONES = [np.ones(count, np.int64) for count in (1, 3, 4)]
HUGE = 1 << 62


@pytest.mark.parametrize(
    "changes",
    [
        {"x": np.zeros((2, 1, 6, 8), "f")},
        {"x": np.zeros((2, 1, 6, 8, 3), ">f4")},
        {"x": np.zeros((2, 1, 6, 8, 3), "e")},
        {"x": np.zeros((2, 1, 6, 16, 3), "f")[:, :, :, ::2]},
        {"x": np.zeros((2, 1, 6, 8, 6), "f")[..., ::2]},
        {"x": np.zeros((3, 1, 6, 8, 3), "f")},
        {"x": np.ndarray((2, 1, 6, 8, 3), "f", np.zeros(4096, "B"), offset=1)},
        {"out": np.zeros((2, 1, 3, 4, 2), "f")},
        {"out": np.zeros((2, 1, 3, 5, 3), "f")},
        {"out": np.zeros((2, 1, 3, 4, 3), "d")},
        {"merge": 9},
        {"state": "d"},
        {"state": "?"},
        {"h": [(0, 3, 1, 2, 2, 1, 1)]},
        {"h": [(0, 3, -1, 2, 2, 1, 1)]},
        {"h": [(0, 3, 0, 3, 2, 1, 1)]},
        {"h": [(0, 3, 0, 2, 3, 1, 1)]},
        {"h": [(0, 3, 0, 2, 2, 2, 1)]},
        {"h": [(0, 3, 0, 2, 2, 1, 2)]},
        {"h": [(1, 3, 0, 2, 2, 1, 1)]},
        {"h": [(0, 2, 0, 2, 2, 1, 1)]},
        {"h": [(0, 3, 0, 2, 2, 1, 1), (0, 1, 0, 2, 2, 1, 1)]},
        {"h": [(0, 3, 0, 2, 0, 1, 1)]},
        {"h": [(0, 3, 0, HUGE, 2, 1, 1)]},
        {"h": [(0, HUGE, 0, 2, 2, 1, 1)]},
        {"h": [(0, 3, HUGE, 2, 2, 1, 1)]},
        {"h": [(0, 3, 0, 2, HUGE, HUGE, 1)]},
        {"h": [(0, 3, 0, 2, 2, 1)]},
        {"counts": (ONES[0], ONES[1], ONES[1])},
        {"counts": (ONES[0], ONES[1] * 0, ONES[2])},
        {"counts": (ONES[0], ONES[1], ONES[2] * HUGE)},
        {"counts": (ONES[0], ONES[1], ONES[2].astype("i"))},
        {"counts": tuple(ONES), "rule": 7},
        {"counts": tuple(ONES), "merge": core.MAX},
    ],
)
def test_what_does_not_fit_is_refused(changes):
    with pytest.raises(ValueError, match=r"\w"):
        core.fold(*arguments(**changes))


def test_what_fits_is_not_refused():
    core.fold(*arguments())
    core.fold(*arguments(counts=tuple(ONES)))


def test_read_only_results_are_refused():
    out = np.zeros((2, 1, 3, 4, 3), "f")
    out.flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        core.fold(*arguments(out=out))


@pytest.mark.parametrize(
    ("phases", "calls", "results"),
    [
        (1, [(0, 0, 0, 1, 9, 0, 0, 2, 2, 2)], [2]),  # beyond the row
        (1, [(0, 0, 0, 1, -1, 0, 0, 2, 2, 2)], [2]),
        (1, [(0, 0, 0, 1, 0, 0, 0, 1, 1, 1)], [1]),  # an input is written
        (1, [(0, 0, 0, 3, 0, 0, 0, 2, 2, 2)], [2]),  # read before it is written
        (1, [(0, 0, 0, 1, 0, 0, 0, 2, 2, 1 << 40)], [2]),
        (1, [(0, 0, 0, -1, 0, 0, 0, 2, 2, 2)], [2]),
        (1, [(9, 0, 0, 1, 0, 0, 0, 2, 2, 2)], [2]),
        (1, [(0, 0, 0, 1, 0, 0, 0, 2, 2, 2)], [7]),
        (1, [(0, 0, 0, 1, 0, 0, 0, 2, 2, 2)], [2, 2]),
        (0, [(0, 0, 0, 1, 0, 0, 0, 2, 2, 2)], [2]),
        (3, [(0, 0, 0, 1, 0, 0, 0, 6, 6, 6)], [6]),
    ],
)
def test_calls_that_do_not_fit_are_refused(phases, calls, results):
    x, out, grid, *_ = arguments()
    with pytest.raises(ValueError, match=r"\w"):
        core.network(
            x, (out,), grid, phases, np.array(calls, np.int64), np.array(results, np.int64)
        )


def test_threads_and_tiles_make_no_difference():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, 1, 90, 1300, 3)).astype("f")
    run = [(0, 1, 0, 1, 1, 1, 1)]
    down, across = [(0, 70, 0, 1, 21, 1, 1)], [(0, 1280, 0, 1, 21, 1, 1)]
    out, parts = np.empty((3, 1, 70, 1280, 3), "f"), np.empty((3, 1, 70, 1280, 3), "f")
    tables = [np.array(table, np.int64) for table in (run, down, across)]
    core.fold(x, out, tuple(tables), core.ADD, "f")
    with ThreadPoolExecutor(4) as threads:
        for top in range(0, 70, 7):
            some = np.array([(0, 7, top, 1, 21, 1, 1)], np.int64)
            grid = (tables[0], some, tables[2])
            threads.submit(core.fold, x, parts[:, :, top : top + 7], grid, core.ADD, "f")
    assert same(out, parts)


@pytest.mark.parametrize("gap", [0, 5])
def test_results_that_are_larger_than_caches(gap):
    rng = np.random.default_rng(2)
    x = rng.integers(0, 256, (1, 1, 2999, 3001, 1), "B")
    grid = tuple(
        np.array([run], np.int64)
        for run in [(0, 1, 0, 1, 1, 1, 1), (0, 2997, 0, 1, 3, 1, 1), (0, 3000, 0, 1, 2, 1, 1)]
    )
    room = np.zeros((1, 1, 2997 + gap, 3000, 1), "B")
    out = room[:, :, gap:] if gap else room
    core.fold(x, out, grid, core.MAX, "B")
    down = np.maximum(np.maximum(x[:, :, :-2], x[:, :, 1:-1]), x[:, :, 2:])
    assert np.array_equal(out, np.maximum(down[:, :, :, :-1], down[:, :, :, 1:]))
    counts = tuple(np.full(count, size, np.int64) for count, size in [(1, 1), (2997, 3), (3000, 2)])
    core.fold(x, out, grid, core.ADD, "H", counts, core.HALF_EVEN)
    wide = x.astype("H")
    down = wide[:, :, :-2] + wide[:, :, 1:-1] + wide[:, :, 2:]
    assert np.array_equal(out, np.rint((down[:, :, :, :-1] + down[:, :, :, 1:]) / 6).astype("B"))
    assert not room[:, :, :gap].any()


# Nothing outside of arrays


@pytest.fixture
def guarded():
    """Arrays that end where a page begins that may not be touched."""
    if not sys.platform.startswith("linux"):
        pytest.skip("pages are guarded by mprotect")
    libc = ctypes.CDLL(None, use_errno=True)
    kept = []

    def make(shape, dtype, *, front=False):
        size = max(math.prod(shape) * np.dtype(dtype).itemsize, 1)
        page = mmap.PAGESIZE
        pages = -(-size // page) * page
        room = mmap.mmap(-1, pages + 2 * page)
        base = ctypes.addressof(ctypes.c_char.from_buffer(room))
        for at in (base, base + page + pages):
            if libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(page), 0):
                pytest.skip("no page can be guarded here")
        kept.append(room)
        return np.ndarray(shape, dtype, room, page if front else page + pages - size)

    return make


# Windows of a few pixels

SMALL = [(2, 1), (3, 1), (2, 2), (3, 2), (4, 4)]  # sizes and strides along a row
HEIGHTS = [(1, 1), (1, 2), (1, 3), (1, 4), (2, 2), (3, 1), (4, 1)]  # sizes along depth and height


def few_pixels(rng, size, stride, heights):
    """A grid, with windows that are cut off at both ends of each axis or one."""

    def axis(size, stride, number, step):
        left, right = (int(rng.integers(0, size)) for _ in range(2))
        start = left * step if left else 0
        end = start + (number - 1) * stride + (size - 1) * step + 1
        rows = [(int(left > 0), number, start, stride, size, step, 1)]
        rows += [(0, 1, 0, 1, left, step, 1)] if left else []
        rows += [(rows[0][0] + number, 1, end - step * right, 1, right, step, 1)] if right else []
        return np.array(rows, np.int64), end + int(rng.integers(0, 3))

    deep, high = heights
    step = int(rng.integers(1, 3)) if stride == 1 else 1
    spans = [
        axis(deep, int(rng.integers(1, 3)), int(rng.integers(1, 3)), 1),
        axis(high, int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(1, 3))),
        axis(size, stride, int(rng.integers(1, 40)), step),
    ]
    channels = int(rng.choice([1, 3])) if stride == 1 else 1
    return tuple(runs for runs, _ in spans), (2, *(length for _, length in spans), channels)


@pytest.mark.parametrize(("size", "stride"), SMALL)
@pytest.mark.parametrize("heights", HEIGHTS)
@pytest.mark.parametrize("front", [False, True])
def test_windows_of_a_few_pixels(guarded, size, stride, heights, front):
    for seed in range(6):
        rng = np.random.default_rng([size, stride, *heights, seed])
        grid, shape = few_pixels(rng, size, stride, heights)
        x = guarded(shape, "f", front=front)
        x[...] = values_of(rng, shape, "f")
        out = guarded((2, *cells(grid), shape[-1]), "f", front=front)
        for merge in (core.MAX, core.MIN, core.ADD):
            assert core.fold(x, out, grid, merge, "f")
            assert same(out, fold(x, grid, merge, "f"))
        counts = [rng.choice([1, 2, 3, 8], length) for length in cells(grid)]
        number = int(grid[2][0, 1])
        counts[2][grid[2][0, 0] : grid[2][0, 0] + number] = rng.integers(1, 5)
        is_finite = core.fold(x, out, grid, core.ADD, "f", tuple(counts))
        over = math.prod(np.ix_(*counts)).astype("f")
        with np.errstate(all="ignore"):
            means = fold(x, grid, core.ADD, "f") / over[None, ..., None]
        assert same(out, means)
        assert is_finite == np.isfinite(means).all()


@pytest.mark.complete
@pytest.mark.parametrize(("size", "stride"), SMALL)
@pytest.mark.parametrize("columns", [8, 9, 14, 15, 1000])
def test_results_that_are_written_past_the_caches(guarded, size, stride, columns):
    rng = np.random.default_rng([size, stride, columns])
    width = size - 1 + (columns - 1) * stride + size
    rows = 12_000_000 // (8 * width)
    x = guarded((1, 1, 2 * rows, width, 1), "f")
    x[...] = values_of(rng, x.shape, "f")
    out = guarded((1, 1, rows, columns + 1, 1), "f")
    grid = (
        np.array([(0, 1, 0, 1, 1, 1, 1)]),
        np.array([(0, rows, 0, 2, 2, 1, 1)]),
        np.array([(1, columns, size - 1, stride, size, 1, 1), (0, 1, 0, 1, size - 1, 1, 1)]),
    )
    counts = np.ones(1, np.int64), np.full(rows, 2), np.full(columns + 1, 3)
    for merge in (core.MAX, core.ADD):
        with np.errstate(all="ignore"):
            down = folded(MERGES[merge], [x[:, :, ::2], x[:, :, 1::2]])
            taps = [
                down[:, :, :, at : at + (columns - 1) * stride + 1] for at in range(2 * size - 1)
            ]
            edge = folded(MERGES[merge], [tap[:, :, :, :1] for tap in taps[: size - 1]])
            rest = folded(MERGES[merge], [tap[:, :, :, ::stride] for tap in taps[size - 1 :]])
            expected = np.concatenate([edge, rest], 3)
            core.fold(x, out, grid, merge, "f")
            assert same(out, expected)
            if merge == core.ADD:
                core.fold(x, out, grid, merge, "f", counts)
                assert same(out, expected / np.float32(6))


# Large windows that move by one pixel

LARGE = [8, 9, 11, 14, 15, 16, 31, 32, 57, 63, 100, 127, 128, 200, 255]


def sliding(x, size, axis, merge):
    """The windows of so many neighbours along an axis, at stride 1."""
    number = x.shape[axis] - size + 1
    with np.errstate(all="ignore"):
        return folded(
            MERGES.get(merge, np.add), [x.take(range(i, i + number), axis) for i in range(size)]
        )


@pytest.mark.parametrize("height", LARGE)
@pytest.mark.parametrize("front", [False, True])
def test_large_windows(guarded, height, front, thinned):
    for numbers in thinned([(16, 16), (17, 2051), (129, 40), (257, 23)]):
        check_large_windows(guarded, height, numbers, front=front)


def check_large_windows(guarded, height, numbers, *, front):
    rng = np.random.default_rng([height, *numbers])
    width = int(rng.choice(LARGE))
    rows, columns = numbers
    shape = (2, 2, rows + height - 1, columns + width - 1, 1)
    x = guarded(shape, "f", front=front)
    x[...] = values_of(rng, shape, "f")
    out = guarded((2, 2, rows, columns, 1), "f", front=front)
    runs = [(0, 2, 0, 1, 1, 1, 1), (0, rows, 0, 1, height, 1, 1), (0, columns, 0, 1, width, 1, 1)]
    grid = tuple(np.array([run], np.int64) for run in runs)
    counts = tuple(np.full(n, k) for n, k in [(2, 1), (rows, height), (columns, width)])
    for merge in (core.MAX, core.MIN, core.ADD):
        for way in (-1, 1):
            pixels, results = x[:, :, ::way], out[:, :, ::way]
            assert core.fold(pixels, results, grid, merge, "f")
            expected = sliding(sliding(pixels, height, 2, merge), width, 3, merge)
            assert same(results, expected)
    with np.errstate(all="ignore"):
        means = expected / np.float32(height * width)
    assert core.fold(x, out, grid, core.ADD, "f", counts) == np.isfinite(means).all()
    assert same(out, means)


# Windows of a few bytes


@pytest.mark.parametrize("rule", [core.HALF_EVEN, core.HALF_UP, core.FLOOR])
@pytest.mark.parametrize("channels", range(1, 6))
@pytest.mark.parametrize("columns", [*range(1, 12), 16, 17, 40, 5000])
def test_every_quotient_of_four_bytes(guarded, rule, channels, columns):
    rng = np.random.default_rng([channels, columns])
    some = [0, 1, 2, 3, 127, 128, 252, 253, 254, 255]
    taps = np.array([*product(some, repeat=4), *rng.integers(0, 256, (2000, 4)).tolist()], "B")
    rows = len(taps) // columns
    taps = np.stack([rng.permutation(taps)[: rows * columns] for _ in range(channels)], -1)
    pixels = taps.reshape(rows, columns, 2, 2, channels).transpose(0, 2, 1, 3, 4)
    x = guarded((1, 1, 2 * rows, 2 * columns, channels), "B")
    x[...] = pixels.reshape(x.shape)
    out = guarded((1, 1, rows, columns, channels), "B")
    runs = [(0, 1, 0, 1, 1, 1, 1)], [(0, rows, 0, 2, 2, 1, 1)], [(0, columns, 0, 2, 2, 1, 1)]
    counts = np.ones(1, np.int64), np.full(rows, 2), np.full(columns, 2)
    grid = tuple(np.array(run) for run in runs)
    core.fold(x, out, grid, core.ADD, "H", counts, rule)
    quarters = np.array([rounded(total, 4, rule) for total in range(4 * 255 + 1)])
    assert np.array_equal(out.reshape(-1, channels), quarters[taps.sum(1, dtype=int)])


@pytest.mark.parametrize("kind", INTEGERS + "fd")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("gap", [0, 5])
def test_medians_of_nine_in_one_call(guarded, kind, channels, stride, gap):
    calls, results = np.array([(by_network.NINE, 0, 0, 1, 0, 2, 0, 3, 3, 3)]), np.array([3])
    rng = np.random.default_rng(0)
    for width in [3, 4, 5, 10, 17, 18, 19, 33, 34, 35, 66, 67]:
        x = guarded((2, 1, 9, width + gap, channels), kind, front=gap > 0)[:, :, :, gap:]
        x[...] = values_of(rng, x.shape, kind)
        number = (width - 3) // stride + 1
        runs = [(0, 1, 0, 1, 1, 1, 1), (1, 2, 1, 3, 3, 1, 2), (0, number, 0, stride, 3, 1, 1)]
        out = guarded((2, 1, 4, number, channels), kind)
        out[...] = 7
        core.network(x, (out,), tuple(np.array([run]) for run in runs), 1, calls, results)
        for row, start in [(1, 1), (3, 4)]:
            taps = [
                x[:, 0, start + down, across : across + (number - 1) * stride + 1 : stride]
                for down, across in product(range(3), repeat=2)
            ]
            expected = np.sort(taps, axis=0)[4]
            if x.dtype.kind == "f":
                expected[np.isnan(taps).any(0)] = np.nan
            np.testing.assert_array_equal(out[:, 0, row], expected)
        assert (out[:, :, ::2] == 7).all()


@pytest.mark.parametrize(("merge", "kind", "state"), FOLDS)
@pytest.mark.parametrize("front", [False, True])
def test_nothing_outside_of_arrays_is_touched(guarded, merge, kind, state, front, thinned):
    for seed in thinned(range(12)):
        _, values, grid = case(seed, kind, long=seed == 11)
        x = guarded(values.shape, kind, front=front)
        x[...] = values
        shape = (x.shape[0], *cells(grid), x.shape[4])
        out = guarded(shape, state, front=front)
        core.fold(x, out, grid, merge, state)
        if merge == core.ADD and core.can_fold(merge, kind, state, kind):
            counts = tuple(np.ones(count, np.int64) for count in cells(grid))
            core.fold(x, guarded(shape, kind, front=front), grid, merge, state, counts)
        if kind != "?" and merge == core.MAX:
            indices = guarded(shape, "q", front=front)
            base, pitch = np.zeros(shape[0], np.int64), np.ones(3, np.int64)
            core.fold_index(x, (out, indices), grid, merge, base, pitch)
            if kind in "BbHh":
                core.order(x, (out,), grid, (2,))
                core.order(x, (out,), grid, None)
            run = (
                np.array([(0, 1, 0, 1, 1, 1, 1)], np.int64),
                *(np.array([(0, length // 2, 0, 2, 2, 1, 1)], np.int64) for length in x.shape[2:4]),
            )
            if min(x.shape[2:4]) > 1:
                out = guarded(
                    (x.shape[0], 1, x.shape[2] // 2, x.shape[3] // 2, x.shape[4]), kind, front=front
                )
                for phases in (1, 2):
                    plan = network.program(2, 2, (1,), 1, phases)
                    core.network(x, (out,), run, phases, *by_network.tables_of(plan))
