"""Pooling with fixed weights: against averages, literal numbers, and what is refused."""

import numpy as np
import pytest
from linear import drawn

import poolcli

WINDOWS = [
    {},
    {"stride": 1},
    {"stride": 2, "padding": 1},
    {"stride": 1, "padding": "same"},
    {"stride": 2, "ceil_mode": True},
    {"dilation": 2, "padding": 2},
]


@pytest.mark.parametrize("windows", WINDOWS, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
def test_weighted_by_ones_is_the_average(dtype, windows):
    x = drawn((2, 9, 11), dtype)
    x = x >> 20 if dtype == "int64" else x  # sums that float64 holds
    for kernel in ((3, 3), (2, 3)):
        result = poolcli.pool(x, "weighted", weights=np.ones(kernel), **windows)
        expected = poolcli.pool(x, "avg", kernel=kernel, **windows)
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(
            result, expected, rtol=4e-7 if dtype == "float32" else 1e-15, atol=1e-7
        )


def test_weighted_in_numbers():
    x = np.arange(1, 10).reshape(3, 3)
    kernel = np.array([[1, 0], [2, 1]])
    assert poolcli.pool(x, "weighted", weights=kernel, stride=1).tolist() == [
        [3.5, 4.5],
        [6.5, 7.5],
    ]
    assert poolcli.pool(x, "weighted", weights=kernel, stride=1, no_normalize=True).tolist() == [
        [14, 18],
        [26, 30],
    ]
    assert poolcli.pool([1, 2, 4], "weighted", weights=[1, 3], ceil_mode=True).tolist() == [1.75, 4]
    edge = np.array([-1, 0, 1])
    assert poolcli.pool(
        [1, 5, 2, 9], "weighted", weights=edge, stride=1, no_normalize=True
    ).tolist() == [1, 4]


def test_a_weight_of_zero_does_not_look():
    assert poolcli.pool([np.nan, 1, 2], "weighted", weights=[0, 1, 1]).tolist() == [1.5]


def test_weighted_normalises_over_what_counts():
    x = [9, 2, 4]
    assert poolcli.pool(x, "weighted", weights=[2, 1, 3], nodata=9).tolist() == [14 / 4]
    assert poolcli.pool(x, "weighted", weights=[2, 1, 3], nodata=9, no_normalize=True).tolist() == [
        14
    ]


def test_gaussian():
    line = np.exp(-np.square(np.array([-1, 0, 1]) / 0.8) / 2)
    expected = (np.outer(line, line) * np.arange(9).reshape(3, 3) ** 2).sum() / line.sum() ** 2
    np.testing.assert_allclose(
        poolcli.pool(np.arange(9).reshape(3, 3) ** 2, "weighted"), [[expected]]
    )
    assert poolcli.pool(np.ones((9, 10)), "weighted", kernel=(3, 5)).tolist() == [[1, 1]] * 3
    assert poolcli.pool(np.arange(8.0), "weighted", kernel=1, stride=3).tolist() == [0, 3, 6]


def bell(size):
    middle, sigma = (size - 1) / 2, 0.3 * ((size - 1) / 2 - 1) + 0.8
    return np.exp(-np.square((np.arange(size) - middle) / sigma) / 2)


def along(x, weights, step):
    """The definition: weighted sums of the rows of an array, one tap after another."""
    sums = []
    for first in range(0, len(x) - len(weights) + 1, step):
        total = np.zeros(x.shape[1:])
        for tap, weight in enumerate(weights):
            total = total + weight * x[first + tap]
        sums.append(total)
    return np.array(sums)


@pytest.mark.parametrize("valid", [1.0, 0.7])
@pytest.mark.parametrize("step", [1, 3])
def test_a_gaussian_is_summed_along_one_axis_after_another(valid, step):
    x, rows, columns = drawn((14, 17), "float32"), bell(5), bell(4)
    mask = np.random.default_rng(1).random(x.shape) <= valid
    pixels = np.where(mask, x, 0).astype(np.float64)

    def summed(values):
        return along(along(values, rows, step).T, columns, step).T

    expected = summed(pixels) / summed(mask.astype(np.float64))
    options = {"kernel": (5, 4), "stride": step, "dtype": "float64"}
    result = poolcli.pool(x, "weighted", mask=mask, **options)
    np.testing.assert_array_equal(result, expected)
    if mask.all():
        np.testing.assert_array_equal(poolcli.pool(x, "weighted", **options), expected)


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ([-1, 0, 1], {}, "sum to 0, and nothing is divided by that: give `no_normalize`"),
        ([1, np.nan], {}, "holds NaN or infinity"),
        (np.ones((3, 3)), {"kernel": 5}, "is not the shape"),
        (np.ones((2, 2, 2)), {}, "3 numbers and the map 2 spatial axes"),
        (np.ones((9, 9)), {}, "is larger than axis"),
    ],
)
def test_weights_that_do_not_fit(weights, options, message):
    x = np.ones((8, 8)) if np.ndim(weights) > 1 else np.ones(8)
    with pytest.raises(poolcli.PoolError, match=message):
        poolcli.pool(x, "weighted", weights=weights, **options)


def test_weights_from_a_file(cli, tmp_path):
    np.save(tmp_path / "k.npy", np.array([[1.0, 2], [0, 1]]))
    np.save(tmp_path / "x.npy", np.arange(16.0).reshape(4, 4))
    assert cli("weighted", "--weights", "k.npy", "x.npy", "-o", "y.npy").code == 0
    expected = poolcli.pool(
        np.arange(16.0).reshape(4, 4), "weighted", weights=np.array([[1.0, 2], [0, 1]])
    )
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)
    ran = cli("weighted", "--weights", "none.npy", "x.npy")
    assert ran.code == 2
    assert "none.npy" in ran.err
