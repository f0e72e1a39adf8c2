"""The plain fold, bit by bit, against the definition."""

from fractions import Fraction

import numpy as np
import pytest
import twin
from folded import folded, random_grid

from poolcli.engine.backend.plain import fold, mean
from poolcli.engine.reducers import merges
from poolcli.engine.reducers.rounding import Quotient
from poolcli.engine.windows.sliding import Sliding

WIDE = {"uint8": "uint32", "int16": "int32", "float16": "float32"}
ORDERS = ("C", "F", "channels last", "gaps", "reversed")


def ordered(x, order):
    """The same array with another memory order."""
    if order == "F":
        return np.asfortranarray(x)
    if order == "channels last":
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)
    if order == "gaps":
        wide = np.zeros([2 * size for size in x.shape], x.dtype)
        view = wide[(slice(None, None, 2),) * x.ndim]
        view[...] = x
        return view
    return x[..., ::-1].copy()[..., ::-1] if order == "reversed" else x


def noise(random, dtype, shape):
    """Few values, so that ties are many; floats also with both zeros, fractions and NaN."""
    x = random.integers(0 if dtype == "uint8" else -3, 4, shape).astype(dtype)
    if np.dtype(dtype).kind == "f":
        x *= random.choice([-1, 1], shape).astype(dtype)
        x += random.choice([0, random.standard_normal()], shape).astype(dtype)
        x[random.random(shape) < 0.01] = np.nan
    return x


def assert_same_bits(result, expected):
    """Equal, with zeros of one sign; NaN may differ in their bits."""
    np.testing.assert_array_equal(result, expected)
    if result.dtype.kind == "f":
        there = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(result)[there], np.signbit(expected)[there])


@pytest.mark.parametrize(
    "merge", [np.add, np.maximum, np.minimum], ids=lambda merge: merge.__name__
)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_any_windows_of_any_memory_order(axes, dtype, merge):
    random = np.random.default_rng(axes)
    for turn in range(20):
        space = tuple(random.integers(1, 25, axes))
        grid = random_grid(random, space)
        x = noise(random, dtype, (2, 3, *space))
        state = np.dtype(WIDE.get(dtype, dtype)) if merge is np.add else None
        expected = folded(merge, x.astype(state or dtype), grid)
        result = fold(merge, ordered(x, ORDERS[turn % len(ORDERS)]), grid, dtype=state)
        assert_same_bits(result, expected)


@pytest.mark.parametrize("size", range(1, 34))
@pytest.mark.parametrize("stride", [1, 2, 3, 7, 40])
def test_sums_of_any_size_and_stride(size, stride):
    grid = Sliding((size,), (stride,)).grid((90,))
    x = np.random.default_rng(size).standard_normal((2, 90)).astype(np.float32)
    np.testing.assert_array_equal(fold(np.add, x, grid), folded(np.add, x, grid))


@pytest.mark.parametrize(
    ("lift", "merge"),
    [
        (merges.lift_moments, merges.MOMENTS),
        (merges.lift_leading, merges.powers(3)),
        (merges.lift_leading, merges.exponentials(-2)),
        (merges.lift_soft, merges.SOFT),
    ],
)
def test_states_of_several_numbers(lift, merge):
    random = np.random.default_rng(1)
    for _ in range(10):
        grid = random_grid(random, (17, 13))
        states = lift(np.abs(random.standard_normal((2, 17, 13))))
        with np.errstate(all="ignore"):
            result = fold(merge.function, states, grid)
            expected = folded(merge.function, states, grid)
        np.testing.assert_array_equal(result, expected)


def test_the_output_may_be_any_view():
    grid = Sliding((3,), (2,)).grid((9, 9))
    x = np.arange(81.0, dtype=np.float32).reshape(9, 9)
    out = np.zeros((8, 8), np.float32)
    result = fold(np.maximum, x, grid, out[::2, 1::2])
    np.testing.assert_array_equal(result, fold(np.maximum, x, grid))
    np.testing.assert_array_equal(out[::2, 1::2], result)
    assert not out[1::2].any()


@pytest.mark.parametrize("rounding", ["half-even", "half-up", "half-away", "floor"])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_means_are_rounded_once(dtype, rounding):
    """Against fractions of Python, at clipped borders, too."""
    grid = Sliding((4,), (1,), ((2, 1),)).grid((12,))
    x = np.random.default_rng(3).integers(-128, 128, (50, 12)).astype(dtype)
    counts = grid.axes[0].sizes
    out = np.empty((50, *grid.shape), dtype)
    state = np.dtype("uint16" if dtype == "uint8" else "int16")
    mean(x, grid, out, state, Quotient((counts,), rounding))
    totals = folded(np.add, x.astype(np.int64), grid)
    expected = [
        [
            twin.round_exact(Fraction(int(total), int(count)), rounding)
            for total, count in zip(row, counts, strict=True)
        ]
        for row in totals
    ]
    np.testing.assert_array_equal(out, expected)


def test_large_sums_are_exact_to_many_digits():
    x = (1e6 + np.random.default_rng(0).random(10**6)).astype(np.float32)
    grid = Sliding((10**6,)).grid((10**6,))
    total = float(fold(np.add, x, grid)[0])
    assert abs(total / x.astype(np.float64).sum() - 1) < 1e-6
