"""Trimmed means: what is particular to them, beside the contract."""

from fractions import Fraction

import numpy as np
import pytest

import poolcli
from poolcli.engine.operations import between_ranks


def test_shares_are_counted_exactly():
    x = np.arange(100)
    x[:29], x[-29:] = -1000, 1000
    assert poolcli.pool(x, "trimmed", trim=0.29, global_=True).tolist() == [49.5]


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "uint64"])
@pytest.mark.parametrize("rules", [{}, {"nodata": 3}])
def test_integers_are_rounded_once(dtype, rules):
    info, random = np.iinfo(dtype), np.random.default_rng(0)
    x = random.integers(info.min, info.max, 40, dtype, endpoint=True)
    x[::7] = 3
    result = poolcli.pool(x, "trimmed", kernel=8, trim=0.3, dtype=dtype, **rules)
    for window, value in zip(x.reshape(-1, 8), result.tolist(), strict=True):
        kept = sorted(int(v) for v in window if v != rules.get("nodata"))
        cut = int(Fraction(3, 10) * len(kept))
        kept = kept[cut : len(kept) - cut]
        assert value == round(Fraction(sum(kept), len(kept)))


def test_ends_that_are_infinite_and_sums_that_overflow():
    most = np.finfo(np.float64).max
    x = np.array([-np.inf, 1, 2, 3, np.inf, np.inf, 5, 6, np.inf, np.inf])
    assert poolcli.pool(x, "trimmed", kernel=5, trim=0.2).tolist() == [2, np.inf]
    assert poolcli.pool(np.full(8, most), "trimmed", kernel=8).tolist() == [most]
    assert poolcli.pool([-np.inf, -np.inf, np.inf, np.inf], "trimmed", kernel=4, trim=0.25).tolist()


@pytest.mark.complete
@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.4])
def test_is_scipy_s(share):
    stats = pytest.importorskip("scipy.stats")
    x = np.random.default_rng(0).normal(size=(12, 12))
    windows = np.lib.stride_tricks.sliding_window_view(x, (4, 4)).reshape(9, 9, 16)
    result = poolcli.pool(x, "trimmed", kernel=4, stride=1, trim=share)
    np.testing.assert_allclose(result, stats.trim_mean(windows, share, axis=-1), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["uint16", "int64", "float32", "float64"])
def test_one_large_window_is_as_many_taps_one_by_one(dtype, monkeypatch):
    """How many taps are added at a time does not show, to the last bit."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(40, 50)) * 1000 + 5000).astype(dtype)
    found = poolcli.pool(x, "trimmed", global_=True)
    monkeypatch.setattr(between_ranks, "AT_ONCE", 1)
    np.testing.assert_array_equal(found, poolcli.pool(x, "trimmed", global_=True))
    ordered = np.sort(x, axis=None)[200:1800].astype(np.float64)
    np.testing.assert_allclose(found, ordered.mean(), rtol=1e-6)
