"""Results are exact wherever their dtype can hold them, whatever the values."""

from fractions import Fraction

import numpy as np
import pytest
import twin
from hypothesis import given, settings
from hypothesis import strategies as st

import poolcli

REDUCERS = [
    ("sum", {}),
    ("avg", {}),
    ("range", {}),
    ("var", {}),
    ("mixed", {"alpha": 0.75}),
    ("median", {}),
    ("quantile", {"q": 0.3}),
    ("quantile", {"q": 0.25, "interpolation": "midpoint"}),
]
MASKS = [{}, {"nodata": 7}]
DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")


def extremes(dtype):
    """Integers near both ends of a dtype, near 2^53, near zero, and anywhere."""
    least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    ends = [(least, least + 3), (most - 3, most), (max(least, -2), 9), (least, most)]
    if most > 2**54:
        ends.append((2**53 - 2, 2**53 + 5))
    return st.sampled_from(ends).flatmap(lambda pair: st.integers(*pair))


def arrays(dtype):
    one = st.lists(extremes(dtype), min_size=4, max_size=4)
    equal = extremes(dtype).map(lambda value: [value] * 4)
    return (one | equal).map(lambda values: np.array(values * 2, dtype))


def clipped(value, how, dtype):
    return min(max(twin.round_exact(value, how), np.iinfo(dtype).min), np.iinfo(dtype).max)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("op", "own"), REDUCERS)
@settings(deadline=None)
@given(st.data())
def test_integers_are_rounded_once(op, own, dtype, data):
    x = data.draw(arrays(dtype))
    rules, how = (
        data.draw(st.sampled_from(MASKS)),
        data.draw(st.sampled_from(["floor", "half-up", "half-away"])),
    )
    kernel = data.draw(st.sampled_from([2, 3, 4]))
    exact_own = {name: Fraction(str(v)) if name == "alpha" else v for name, v in own.items()}
    windows = [twin.sliding(8, kernel)]
    expected = twin.pool_exact(x, op, windows, **rules, **exact_own).tolist()
    for out in {dtype, "int64", "uint64"}:
        result = poolcli.pool(x, op, kernel=kernel, dtype=out, round=how, **rules, **own)
        assert result.tolist() == [clipped(value, how, out) for value in expected], out
    floats = poolcli.pool(x, op, kernel=kernel, dtype="float64", **rules, **own).tolist()
    for value, exact in zip(floats, expected, strict=True):
        if Fraction(float(exact)) == exact:
            assert value == exact
        else:
            assert abs(Fraction(value) - exact) <= abs(exact) * Fraction(1, 2**51)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_whole_standard_deviation(dtype):
    most = np.iinfo(dtype).max
    for apart in (2, 6, 10):
        x = np.array([most, most - apart, most, most - apart], dtype)
        assert poolcli.pool(x, "std", kernel=4).tolist() == [apart // 2]


def test_the_ends_of_long_integers():
    least, most = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    assert poolcli.pool(np.full(4, 2**60 + 1), "sum", dtype="int64").tolist() == [2**61 + 2] * 2
    assert poolcli.pool(np.array([most, most]), "sum", dtype="int64").tolist() == [most]
    assert poolcli.pool(np.array([least, least]), "sum", dtype="int64").tolist() == [least]
    assert poolcli.pool(np.array([least, most]), "range", dtype="uint64").tolist() == [2**64 - 1]
    assert poolcli.pool(np.array([2**53 + 1, 2**53 + 3]), "std").tolist() == [1]


def test_masked_integers_are_not_rounded_on_the_way():
    x = np.array([2**60 + 1, -5, -5, -5])
    assert poolcli.pool(x, "max", nodata=-5).tolist() == [2**60 + 1, -5]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rules", [{}, {"nodata": 1}])
def test_a_mean_whose_sum_overflows(dtype, rules):
    most = np.finfo(dtype).max
    x = np.full((4, 4), most, dtype)
    for op in ("avg", "mixed", "max"):
        assert poolcli.pool(x, op, kernel=4, **rules).tolist() == [[most]]
    padded = poolcli.pool(x, "avg", kernel=3, padding=1, count_include_pad=True, **rules)
    np.testing.assert_allclose(padded, most * np.full((2, 2), 4 / 9), rtol=1e-6)
    ends = np.array([most, most, -most, -most, np.nan, 1, most, 1, np.inf, most, most, 1], dtype)
    np.testing.assert_array_equal(poolcli.pool(ends, "avg", kernel=4, **rules)[:2], [0, np.nan])
    assert poolcli.pool(ends, "sum", kernel=4, **rules)[[0, 2]].tolist() == [0, np.inf]
    assert poolcli.pool(ends, "std", kernel=4, **rules)[0] == most


def test_a_sum_of_float32_beyond_its_range():
    x = np.full(4, np.finfo(np.float32).max)
    assert poolcli.pool(x, "sum", kernel=4, dtype="float64").tolist() == [4.0 * float(x[0])]
    assert poolcli.pool(x, "sum", kernel=4).tolist() == [np.inf]


def test_other_windows_keep_their_bits_where_one_overflows():
    random = np.random.default_rng(0)
    x = random.normal(size=(16, 16)).astype(np.float32)
    expected = poolcli.pool(x, "avg", kernel=4)
    x[:4, :4] = np.finfo(np.float32).max
    result = poolcli.pool(x, "avg", kernel=4)
    assert result[0, 0] == np.finfo(np.float32).max
    np.testing.assert_array_equal(result[1:], expected[1:])
    np.testing.assert_array_equal(result[:, 1:], expected[:, 1:])


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_a_divisor_with_a_fraction(dtype):
    x = np.array([1, 2, 3, 4], dtype)
    np.testing.assert_allclose(poolcli.pool(x, "avg", divisor=2.5), [1.2, 2.8], rtol=1e-6)
    np.testing.assert_allclose(poolcli.pool(x, "avg", divisor=1e12), [3e-12, 7e-12], rtol=1e-6)
