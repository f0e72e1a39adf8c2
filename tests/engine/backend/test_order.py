"""Windows in order, in each of the ways that make them, against NumPy's sort of every window."""

from itertools import product

import numpy as np
import pytest

import poolcli
from poolcli.engine.backend import ordered
from poolcli.engine.backend.network import merging
from poolcli.engine.backend.order import TOGETHER
from poolcli.engine.backend.tape import tapes

WAYS = {"exchanges": (False, True), "counts": (True, False), "sorts": (False, False)}
DTYPES = ("bool", "uint8", "int8", "uint16", "int64", "float16", "float32", "float64")
WINDOWS = [
    (1, 1, 1),
    (2, 2, 1),
    (3, 1, 1),
    (3, 2, 1),
    (3, 3, 2),
    (4, 3, 1),
    (5, 1, 2),
    (5, 4, 1),
    (6, 6, 1),
    (7, 2, 2),
]


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Plans are made anew, as tests change what they are made by."""
    tapes.kept.clear()


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Everything is put in order in one of the ways."""
    counts, exchanges = WAYS[request.param]
    monkeypatch.setattr(ordered, "_counts_pay", lambda _: counts)
    monkeypatch.setattr(ordered, "_exchanges_pay", lambda _: exchanges)
    return request.param


def noise(dtype, shape):
    values = np.random.default_rng(7).integers(-40, 40, shape)
    if np.dtype(dtype).kind == "f":
        return (values / 4).astype(dtype)
    return np.maximum(values, 0 if np.dtype(dtype).kind in "bu" else -40).astype(dtype)


def sorted_windows(x, kernel, stride, dilation):
    """The values of every window of the last two axes, sorted along a last axis."""
    reach = dilation * (kernel - 1) + 1
    views = np.lib.stride_tricks.sliding_window_view(x, (reach, reach), (-2, -1))
    taps = views[..., ::stride, ::stride, ::dilation, ::dilation]
    return np.sort(taps.reshape(*taps.shape[:-2], -1), axis=-1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", WINDOWS, ids=str)
def test_places_are_those_of_a_sort(dtype, sizes, way):
    kernel, stride, dilation = sizes
    x = noise(dtype, (2, 15, 17))
    expected = sorted_windows(x, *sizes)
    for q, how in (
        ("0", "lower"),
        ("0.3", "nearest"),
        ("0.5", "lower"),
        ("0.5", "higher"),
        ("1", "lower"),
    ):
        place = float(q) * (kernel * kernel - 1)
        at = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}[how](place).astype(int)
        options = {"kernel": kernel, "stride": stride, "dilation": dilation}
        result = poolcli.pool(x, "quantile", q=float(q), interpolation=how, layout="CHW", **options)
        np.testing.assert_array_equal(result, expected[..., at], err_msg=f"{way} {q} {how}")


@pytest.mark.parametrize("dtype", DTYPES)
def test_mode_is_the_first_of_the_most_frequent(dtype, way):
    x = noise(dtype, (2, 11, 13)) // 8 if dtype != "bool" else noise(dtype, (2, 11, 13))
    expected = np.apply_along_axis(
        lambda window: min(set(window), key=lambda v: (-(window == v).sum(), v)),
        -1,
        sorted_windows(x, 4, 3, 1),
    )
    np.testing.assert_array_equal(
        poolcli.pool(x, "mode", kernel=4, stride=3, layout="CHW"), expected, err_msg=way
    )


@pytest.mark.parametrize("op", ["median", "mode"])
def test_every_way_leaves_out_what_does_not_count(op, way):
    x = noise("uint8", (3, 12, 14))
    cells = [
        x[:, row : row + 5, column : column + 5]
        for row in range(0, 8, 2)
        for column in range(0, 10, 2)
    ]
    result = poolcli.pool(
        x, op, kernel=5, stride=2, nodata=0, layout="CHW", dtype="float64"
    ).reshape(3, -1)
    for plane, (at, cell) in product(range(3), enumerate(cells)):
        values, counts = np.unique(cell[plane][cell[plane] > 0], return_counts=True)
        middle = np.median(np.repeat(values, counts))
        assert result[plane, at] == (middle if op == "median" else values[counts.argmax()]), way


@pytest.mark.parametrize("way", ["exchanges", "sorts"], indirect=True)
@pytest.mark.parametrize(
    "options", [{"q": 0.5}, {"q": 0.3}, {"q": 0, "interpolation": "lower"}], ids=str
)
def test_a_nan_spoils_its_windows_and_no_others(options, way):
    x = noise("float32", (16, 17))
    x[[2, 9], [3, 12]] = np.nan
    result = poolcli.pool(x, "quantile", kernel=4, stride=1, **options)
    spoiled = np.isnan(np.lib.stride_tricks.sliding_window_view(x, (4, 4))).any(axis=(-1, -2))
    np.testing.assert_array_equal(np.isnan(result), spoiled, err_msg=way)


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_lines_follow_memory(axes, stride):
    """Channels last, columns first, and rows longer than what is read at once."""
    x = noise("uint8", (3, 14, TOGETHER + 9))
    turned = np.ascontiguousarray(x.transpose(axes)).transpose(np.argsort(axes))
    result = poolcli.pool(turned, "median", kernel=3, stride=stride, layout="CHW")
    np.testing.assert_array_equal(result, sorted_windows(x, 3, stride, 1)[..., 4])


@pytest.mark.parametrize("op", ["median", "quantile"])
@pytest.mark.parametrize("planes", [(7,), (2, 5), (3, 7)])
@pytest.mark.parametrize("turned", [False, True])
def test_planes_that_pieces_do_not_divide(monkeypatch, op, planes, turned):
    """One place is put where it belongs, two are first put between; the last piece has fewer planes than others."""
    x = noise("uint8", (*planes, 9, 8))
    x = np.asfortranarray(x) if turned else x
    options = {"q": 0.5, "interpolation": "linear"} if op == "quantile" else {}
    layout = "NCHW" if len(planes) == 2 else "CHW"
    for kernel in (2, 3):
        expected = np.median(sorted_windows(x, kernel, 2, 1), axis=-1)
        for line in (1, 150, 400, 1 << 14):
            monkeypatch.setattr(ordered, "LINE", line)
            result = poolcli.pool(
                x, op, kernel=kernel, stride=2, layout=layout, dtype="float64", **options
            )
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("kinds", [0, 1 << 8])
def test_windows_of_many_kinds(monkeypatch, kinds):
    """Pieces are kept for the next block, or made as they are needed."""
    monkeypatch.setattr(ordered, "FEW", kinds)
    monkeypatch.setattr("poolcli.engine.backend.tasks.BLOCK", 2000)
    x = noise("float32", (3, 60, 47))
    result = poolcli.pool(x, "median", adaptive=(11, 9), layout="CHW")
    rows, columns = (
        [(i * size // cells, -(-(i + 1) * size // cells)) for i in range(cells)]
        for size, cells in ((60, 11), (47, 9))
    )
    expected = [
        [np.median(x[:, a:b, c:d].reshape(3, -1).astype(np.float64), axis=1) for c, d in columns]
        for a, b in rows
    ]
    np.testing.assert_allclose(result, np.moveaxis(np.array(expected), -1, 0), rtol=1e-6)


def test_little_is_kept_of_a_plan():
    """Of many kinds of windows nothing, of few what they take."""
    poolcli.pool(noise("float32", (300, 300)), "median", adaptive=(61, 53))
    assert not any(isinstance(kept, ordered.Plan) for _, kept in tapes.kept)
    poolcli.pool(noise("float32", (300, 300)), "median", kernel=3)
    (plan,) = (kept for _, kept in tapes.kept if isinstance(kept, ordered.Plan))
    assert plan.nbytes >= ordered.NOTED * len(plan.pieces) > 0


def test_lines_of_any_length_and_any_threads_give_the_same(monkeypatch):
    x = noise("float32", (4, 40, 300))
    expected = poolcli.pool(x, "median", kernel=4, stride=1)
    monkeypatch.setattr("poolcli.engine.backend.tasks.ALONE", 0)
    monkeypatch.setattr("poolcli.engine.backend.tasks.BLOCK", 50_000)
    for line, threads in product((1, 500, 1 << 14), (1, 3)):
        monkeypatch.setattr(ordered, "LINE", line)
        monkeypatch.setattr("poolcli.resources.threads.threads", threads)
        np.testing.assert_array_equal(poolcli.pool(x, "median", kernel=4, stride=1), expected)


@pytest.mark.parametrize("one", range(1, 7))
@pytest.mark.parametrize("two", range(1, 7))
def test_every_merging_of_zeros_and_ones(one, two):
    """What merges all zeros and ones merges everything (Knuth, 5.3.4, the zero-one principle)."""
    hands = [
        [0] * (one - high) + [1] * high + [0] * (two - low) + [1] * low
        for high, low in product(range(one + 1), range(two + 1))
    ]
    for first in range(one + two):
        for last in range(first, one + two):
            calls, results = merging(one, two, first, last)
            for hand in hands:
                lines = [*hand, *[None] * len(calls)]
                for call in calls:
                    lines[call.out] = {"minimum": min, "maximum": max}[call.side](
                        lines[call.one], lines[call.two]
                    )
                assert [lines[at] for at in results] == sorted(hand)[first : last + 1]
                assert lines[: one + two] == hand
