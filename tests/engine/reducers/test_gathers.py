"""Order statistics and draws: what is particular to them, beside the contract."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import poolcli

NAN = float("nan")
HALVES = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=8),
    elements=st.integers(-20, 20).map(lambda number: number / 2),
)


# Order statistics ---------------------------------------------------------------------------------


@settings(deadline=None)
@given(HALVES, st.integers(1, 3))
def test_quantiles_reach_from_the_minimum_to_the_maximum(x, kernel):
    kernel = min(kernel, *x.shape[-2:])
    for q, op in ((0, "min"), (0.5, "median"), (1, "max")):
        expected = poolcli.pool(x, op, kernel=kernel)
        np.testing.assert_array_equal(poolcli.pool(x, "quantile", q=q, kernel=kernel), expected)


@settings(deadline=None)
@given(
    HALVES,
    st.integers(0, 20).map(lambda q: q / 20),
    st.sampled_from(["linear", "lower", "higher", "midpoint"]),
)
def test_quantiles_of_a_map_are_numpy_s(x, q, how):
    expected = np.quantile(x.reshape(-1), q, method=how)
    result = poolcli.pool(x.reshape(-1), "quantile", q=q, interpolation=how, global_=True)
    np.testing.assert_allclose(result, [expected], atol=1e-12)


def test_extremes_neither_overflow_nor_lose_a_digit():
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    assert poolcli.pool(np.array([low, high]), "median").tolist() == [-0.5]
    assert poolcli.pool(np.array([low, high]), "median", dtype="int64").tolist() == [0]
    assert poolcli.pool(
        np.array([2**53 + 1, 2**53 + 3]), "median", interpolation="lower"
    ).tolist() == [2**53 + 1]
    assert poolcli.pool(np.array([0, 2**64 - 1], np.uint64), "quantile", q=0.25).tolist() == [
        2.0**62
    ]
    assert poolcli.pool([-1.7e308, 1.7e308], "median").tolist() == [0]


def test_image_rounds_the_exact_quantile_once(cli, tmp_path):
    Image.fromarray(np.array([[0, 50, 0, 5]], np.uint8)).save(tmp_path / "x.png")
    assert cli("quantile", "--q", 0.29, "-k", "1x2", "x.png", "-o", "y.png").code == 0
    assert np.asarray(Image.open(tmp_path / "y.png")).tolist() == [[14, 1]]  # 14.5 and 1.45


def test_labels_stay_labels(cli, tmp_path):
    image = Image.fromarray(np.array([[1, 1, 7, 0], [7, 2, 0, 7]], np.uint8), "P")
    image.putpalette([value for entry in range(8) for value in (entry, 2 * entry, 200)])
    image.save(tmp_path / "x.png")
    assert cli("mode", "x.png", "-o", "y.png").code == 0
    pooled = Image.open(tmp_path / "y.png")
    assert (pooled.mode, np.asarray(pooled).tolist()) == ("P", [[1, 0]])


# Draws --------------------------------------------------------------------------------------------


def test_draws_follow_the_shares():
    x = np.tile([0.0, 1, 2, 5], 20_000)
    drawn = poolcli.pool(x, "stochastic", kernel=4)
    counts = [np.mean(drawn == value) for value in (0, 1, 2, 5)]
    np.testing.assert_allclose(counts, [0, 1 / 8, 2 / 8, 5 / 8], atol=0.01)


def test_draws_depend_on_the_seed_and_on_nothing_else(monkeypatch):
    x = np.arange(2 * 3 * 32 * 32.0).reshape(2, 3, 32, 32) % 7
    once = poolcli.pool(x, "stochastic")
    monkeypatch.setattr("poolcli.engine.backend.blocks.LARGEST", 1)
    np.testing.assert_array_equal(poolcli.pool(x, "stochastic"), once)
    assert (poolcli.pool(x, "stochastic", seed=1) != once).any()
    same = np.broadcast_to(x[0, 0], x.shape)
    assert (poolcli.pool(same, "stochastic")[0, 0] != poolcli.pool(same, "stochastic")[0, 1]).any()


def test_draws_of_nothing_below_zero_and_without_bound():
    assert poolcli.pool([0, 0, 3, 0], "stochastic").tolist() == [0, 3]
    assert poolcli.pool([1.7e308, 0.0, np.inf, 5.0], "stochastic").tolist() == [1.7e308, np.inf]
    assert np.isnan(poolcli.pool([NAN, 1.0], "stochastic")).all()
    assert poolcli.pool([-9, 4], "stochastic", nodata=-9).tolist() == [4]
    with pytest.raises(
        poolcli.PoolError, match="-3: leave it out with `nodata`, or make all values 0 or more"
    ):
        poolcli.pool([1, -3], "stochastic")
