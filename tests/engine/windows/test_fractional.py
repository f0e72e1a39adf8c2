"""Fractional windows: against PyTorch's numbers, a slow twin, and laws."""

import nasty
import numpy as np
import pytest
import twin_places
from hypothesis import given
from hypothesis import strategies as st
from placed import REDUCERS, arrays, same

import poolcli
from poolcli.engine.reducers.gathers import uniform

NINE = np.arange(49.0).reshape(7, 7)
GOLDEN = [[8, 11, 13], [22, 25, 27], [43, 46, 48]]


def test_fractional_golden():
    assert poolcli.pool(NINE, "max", kernel=2, fractional=3, samples=(0.8, 0.3)).tolist() == GOLDEN
    samples = np.array([[[0.3, 0.8]]])  # PyTorch's order: width before height
    assert poolcli.pool(
        NINE[None, None], "max", kernel=2, fractional=3, samples=samples
    ).tolist() == [[GOLDEN]]


@pytest.mark.parametrize("name", arrays())
@pytest.mark.parametrize("op", REDUCERS)
def test_fractional_agrees_with_its_twin(op, name):
    x = arrays()[name]
    for kernel, cells, u in [
        ((2, 3), (4, 5), (0.25, 0.75)),
        ((3, 1), (1, 7), (0.0, 0.9375)),
        ((9, 7), (1, 1), (0, 0)),
    ]:
        result = poolcli.pool(x, op, kernel=kernel, fractional=cells, samples=u)
        numbers = dict.fromkeys(np.ndindex(2, 3), u)
        same(result, twin_places.pool_fractional(x, op, kernel, cells, numbers), x, op)


@pytest.mark.parametrize("op", REDUCERS)
def test_fractional_draws_for_each_plane(op):
    x = arrays()["float32"]
    drawn = uniform(5, np.arange(6), np.arange(2)).reshape(2, 3, 2).tolist()
    numbers = {(n, c): drawn[n][c] for n, c in np.ndindex(2, 3)}
    own = {"seed": 5} if op == "stochastic" else {}
    result = poolcli.pool(x, op, kernel=2, fractional=4, seed=5)
    same(result, twin_places.pool_fractional(x, op, (2, 2), (4, 4), numbers, **own), x, op)


@given(
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(0, 9),
    st.integers(0, 4095).map(lambda n: n / 4096),
)
def test_fractional_windows_stay_inside_and_reach_both_ends(cells, kernel, spare, u):
    length = cells + kernel - 1 + spare
    windows = poolcli.pool(
        np.arange(float(length)), "min", kernel=kernel, fractional=cells, samples=u
    )
    assert windows[-1] == length - kernel
    assert (np.diff(windows) >= 1).all()
    assert windows[0] == (0 if cells > 1 else length - kernel)


def test_fractional_seeds_are_repeatable_and_differ():
    x = nasty.scrambled((1, 8, 40, 40), np.float32)
    first, again, other = (poolcli.pool(x, "min", fractional=17, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    same_planes = np.broadcast_to(x[:, :1], x.shape)
    assert (
        poolcli.pool(same_planes, "min", fractional=17)
        != poolcli.pool(same_planes, "min", fractional=17)[:, :1]
    ).any()


def test_fractional_does_not_depend_on_jobs(cli, tmp_path):
    for number in range(4):
        np.save(tmp_path / f"{number}.npy", nasty.scrambled((3, 30, 31), np.float32) + number)
    for jobs in (1, 4):
        words = ["--fractional", "13x11", "--seed", 3, "-j", jobs, "-o", f"out{jobs}/"]
        assert cli("avg", *words, *(f"{number}.npy" for number in range(4))).code == 0
    for number in range(4):
        assert (tmp_path / f"out1/{number}.npy").read_bytes() == (
            tmp_path / f"out4/{number}.npy"
        ).read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--fractional", 7, "-k", 2], 1, "axis H has 7: use at most 6 cells"),
        (["--fractional", 1, "-k", 9], 1, "use a kernel of at most 7"),
        (["--fractional", "2x2x2"], 1, "--fractional has 3 numbers"),
        (["--fractional", 3, "--samples", ".1x.2x.3"], 1, "--samples has 3 numbers"),
        (["--fractional", 3, "--samples", "1"], 2, "from 0 up to but not 1"),
        (["--fractional", 3, "--samples", "x"], 2, "from 0 up to but not 1"),
        (["--fractional", 3, "--seed", "-1"], 2, "whole number from 0 up"),
        (["--samples", ".3"], 2, "--samples belongs to --fractional"),
        (["--fractional", 3, "--adaptive", 3], 2, "two kinds of windows"),
    ],
)
def test_fractional_that_does_not_fit(cli, tmp_path, words, code, message):
    np.save(tmp_path / "x.npy", NINE)
    ran = cli("max", *words, "x.npy", "-o", "y.npy")
    assert (ran.code, (tmp_path / "y.npy").exists()) == (code, False)
    assert message in ran.text + ran.err
