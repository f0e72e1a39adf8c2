"""Both backends give the same bits: of every reducer, on nasty arrays, under every kind of
windows.
"""

from itertools import product

import nasty
import numpy as np
import pytest
from windows_and_masks import LAYOUT, MASKS, NEEDED, WINDOWS, fits

import poolcli
from poolcli.engine import backend as backends
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

pytestmark = pytest.mark.skipif(not backends.is_built(), reason="the extension was not built")
REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS]
OPTIONS = {
    **NEEDED,
    "quantile": {"q": 0.9},
    "avg": {"count_include_pad": True},
    "lp": {"norm": 3.5},
}
LARGE = [{"kernel": 9, "stride": 1}, {"kernel": 6, "stride": 4, "padding": 3}, {"kernel": 14}]


def pooled(monkeypatch, name, x, op, **options):
    """The result of a backend, or its refusal."""
    monkeypatch.setenv("POOLCLI_BACKEND", name)
    try:
        return poolcli.pool(x, op, **options)
    except poolcli.PoolError as error:
        return str(error)


def assert_same_bits(one, two):
    """The same dtype, shape and bits, but for those of a NaN; whether there was a result."""
    if isinstance(one, str):
        assert one == two
        return False
    assert (one.dtype, one.shape) == (two.dtype, two.shape)
    if one.dtype.kind == "f":
        same = (one == two) & (np.signbit(one) == np.signbit(two))
        assert (same | (np.isnan(one) & np.isnan(two))).all()
    else:
        np.testing.assert_array_equal(one, two)
    return True


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("op", REDUCERS)
def test_of_nasty_arrays(monkeypatch, op, ndim, thinned):
    compared = 0
    for number, (_, nasty_x) in thinned(enumerate(nasty.arrays(ndim)), of=6):
        rules = MASKS[number % len(MASKS)]
        negative = op == "stochastic" and nasty_x.dtype != np.bool_
        x = np.abs(nasty_x) if negative else nasty_x
        for windows in (WINDOWS[number % len(WINDOWS)], WINDOWS[(number + 3) % len(WINDOWS)]):
            if fits(rules, x):
                layout = LAYOUT[ndim][-x.ndim :]
                options = {**windows, **rules, **OPTIONS.get(op, {}), "layout": layout}
                one, two = (pooled(monkeypatch, name, x, op, **options) for name in backends.NAMES)
                compared += assert_same_bits(one, two)
    assert compared > 15


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
)
@pytest.mark.parametrize("layout", ["HW", "HWC", "CHW"])
@pytest.mark.parametrize("op", ["max", "avg", "median", "quantile", "mode"])
def test_of_large_windows(monkeypatch, op, layout, dtype):
    random = np.random.default_rng(0)
    shape = {"HW": (61, 70), "HWC": (61, 70, 3), "CHW": (3, 61, 70)}[layout]
    x = random.integers(0, 200, shape).astype(dtype)
    x[random.random(shape) < 0.1] = 0
    for windows in LARGE:
        for rules in ({}, {"nodata": 0}):
            options = {**windows, **rules, **OPTIONS.get(op, {}), "layout": layout}
            one, two = (pooled(monkeypatch, name, x, op, **options) for name in backends.NAMES)
            assert assert_same_bits(one, two)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3, 40])
@pytest.mark.parametrize("sampling_ratio", [0, 2])
def test_of_boxes(monkeypatch, dtype, channels, sampling_ratio):
    random = np.random.default_rng(channels)
    x = (random.random((1, channels, 37, 45)) * 200).astype(dtype)
    corners = np.sort(random.random((20, 2, 2)) * [[45, 37]], axis=1).reshape(20, 4)
    options = {"boxes": corners, "output_size": (3, 5), "sampling_ratio": sampling_ratio}
    one, two = (pooled(monkeypatch, name, x, "roi-align", **options) for name in backends.NAMES)
    assert assert_same_bits(one, two)


@pytest.mark.parametrize("down", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_of_narrow_maps(monkeypatch, kernel, down):
    """Rows of a map that are not read, and windows that nearly go on from row to row."""
    compared = 0
    for width, across, ceil_mode in product(range(1, 12), range(1, 6), (False, True)):
        x = np.arange(2 * 9 * width, dtype="float32").reshape(2, 9, width)
        windows = {"kernel": (1, kernel), "stride": (down, across), "padding": (0, kernel // 2)}
        options = {**windows, "ceil_mode": ceil_mode, "layout": "CHW"}
        one, two = (pooled(monkeypatch, name, x, "avg", **options) for name in backends.NAMES)
        compared += assert_same_bits(one, two)
    assert compared > 50


@pytest.mark.parametrize("op", ["max", "avg", "sum", "std"])
@pytest.mark.parametrize("padding", [1, 5, ((0, 3), (4, 0)), "same"])
@pytest.mark.parametrize("windows", [{}, {"count_include_pad": True}, {"ceil_mode": True}])
def test_of_large_windows_that_edges_cut_off(monkeypatch, op, padding, windows):
    random = np.random.default_rng(0)
    x = random.standard_normal((2, 90, 130)).astype("float32")
    x[0, 5, 7] = np.inf
    windows = windows if op == "avg" or "ceil_mode" in windows else {}
    for kernel in ((11, 9), (12, 20)):
        options = {"kernel": kernel, "stride": 1, "padding": padding, **windows}
        one, two = (pooled(monkeypatch, name, x, op, **options) for name in backends.NAMES)
        assert assert_same_bits(one, two)


KERNELS = [
    {"kernel": 5},
    {"kernel": (3, 4), "stride": (2, 3), "padding": (1, 2)},
    {"weights": np.array([[1, 0, -2], [0.3, 5, 0]]), "dilation": 2, "padding": 1},
    {"weights": np.ones((2, 2)), "no_normalize": True, "border": "reflect", "padding": 1},
]


@pytest.mark.parametrize("dtype", ["?", "B", "h", "H", "q", "Q", "e", "f", "d"])
@pytest.mark.parametrize("layout", ["HW", "HWC", "CHW"])
@pytest.mark.parametrize("windows", KERNELS, ids=str)
def test_of_weights(monkeypatch, windows, layout, dtype):
    random = np.random.default_rng(0)
    shape = {"HW": (21, 30), "HWC": (21, 30, 3), "CHW": (3, 21, 30)}[layout]
    x = random.integers(0, 200, shape).astype(dtype)
    for rules in ({}, {"mask": random.random((21, 30)) < 0.7}):
        options = {**windows, **rules, "layout": layout}
        one, two = (pooled(monkeypatch, name, x, "weighted", **options) for name in backends.NAMES)
        assert assert_same_bits(one, two)
