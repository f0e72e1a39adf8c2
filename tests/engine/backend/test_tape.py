"""Calls that are prepared once: they give on every array what NumPy gives, and keep within their bounds."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import poolcli
from poolcli.engine.backend import kernels
from poolcli.engine.backend import tape as tapes
from poolcli.engine.backend.tape import Tape, Tapes

FLOATS = np.dtype(np.float32)


def noise(seed, shape=(6, 8)):
    return np.random.default_rng(seed).standard_normal(shape).astype(FLOATS)


def sums_of_neighbours():
    """Each value and the next, twice: by way of a room, from the middle of one array to the end of another."""
    tape = Tape(((6, 8), FLOATS), ((7, 7), FLOATS))
    x, out = tape.outside
    room = tape.take((6, 7), FLOATS)
    tape.call(np.add, x[:, :-1], x[:, 1:], room)
    tape.call(np.add, room, room, out[1:])
    tape.copy(x[0, ::2], out[0, :4])
    return tape.prepared()


def test_calls_are_made_on_whatever_array_is_given():
    tape = sums_of_neighbours()
    for seed in range(3):
        x, out = noise(seed), np.zeros((7, 7), FLOATS)
        before = x.copy()
        tape.run(x, out)
        np.testing.assert_array_equal(out[1:], 2 * (x[:, :-1] + x[:, 1:]))
        np.testing.assert_array_equal(out[0], [*x[0, ::2], 0, 0, 0])
        np.testing.assert_array_equal(x, before)


def test_results_in_its_own_rooms_last_until_the_next_run():
    tape = Tape(((4,), FLOATS))
    room = tape.take((4,), FLOATS)
    tape.call(np.maximum, tape.outside[0], tape.outside[0], room)
    tape.results = [room]
    tape.prepared()
    (first,) = tape.run(noise(1, (4,)))
    np.testing.assert_array_equal(first, noise(1, (4,)))
    (second,) = tape.run(noise(2, (4,)))
    np.testing.assert_array_equal(second, noise(2, (4,)))
    assert np.shares_memory(first, second)


def test_a_run_may_begin_further_on():
    tape = Tape(((6, 8), FLOATS), ((5, 7), FLOATS))
    x, out = tape.outside
    tape.call(np.add, x[0, 1:], x[1, 1:], out[0])
    tape.prepared()
    given, result = noise(0), np.zeros((5, 7), FLOATS)
    for row in range(5):
        tape.run(given, result, ahead=(row * given.strides[0], row * result.strides[0]))
    np.testing.assert_array_equal(result, given[:-1, 1:] + given[1:, 1:])


def test_an_operand_that_is_used_again_is_made_once():
    tape = Tape(((6, 8), FLOATS), ((6, 7), FLOATS))
    x, out = tape.outside
    for function in (np.maximum, np.minimum, np.add):
        tape.call(function, x[:, 1:], x[:, 1:], out)
    assert len(tape._views) == 2


@pytest.mark.parametrize("large", [1, 1 << 18])
def test_rooms_are_used_again_only_when_they_are_given_back(monkeypatch, large):
    monkeypatch.setattr(tapes, "LARGE", large)
    tape = Tape()
    one, two = tape.take((100,), FLOATS), tape.take((100,), FLOATS)
    assert not np.shares_memory(one, two)
    tape.give(one[10:])
    three = tape.take((10, 9), FLOATS)
    assert np.shares_memory(one, three)
    tape.give(noise(0))  # nobody's room
    four = tape.take((100,), FLOATS)
    assert not any(np.shares_memory(four, other) for other in (one, two))
    tape.keep([three])
    assert np.shares_memory(tape.take((100,), FLOATS), two) or np.shares_memory(
        tape.take((100,), FLOATS), two
    )
    assert tape.nbytes == (0 if large == 1 else 1200)


def test_large_rooms_lie_together_where_a_large_page_begins():
    tape = Tape()
    rooms = [
        tape.take((size,), np.dtype(np.uint8))
        for size in (tapes.LARGE, tapes.LARGE + 1, tapes.LARGE)
    ]
    places = [room.__array_interface__["data"][0] for room in rooms]
    assert places[0] % tapes.PAGE == 0
    assert np.diff(places).tolist() == [tapes.LARGE, tapes.LARGE + tapes.LINE]
    beyond = tape.take((2 * tapes.TOGETHER,), np.dtype(np.uint8))
    assert not any(np.shares_memory(beyond, room) for room in rooms)


@pytest.fixture
def rooms(monkeypatch):
    """Tapes with a room each, of so many bytes, asked for in turn: how many are kept, and which were prepared."""

    def asked(keys, nbytes):
        kept, prepared = Tapes(), []

        def prepare(key):
            prepared.append(key)
            tape = Tape()
            tape.take((nbytes,), np.dtype(np.uint8))
            return tape

        for key in keys:
            kept.of(key, lambda key=key: prepare(key))
        return [key for key, _ in kept.kept], prepared

    return asked


def test_tapes_run_last_are_kept(rooms, monkeypatch):
    monkeypatch.setattr(tapes, "KEPT", 3)
    assert rooms("abcabd", 1) == (["d", "b", "a"], ["a", "b", "c", "d"])
    assert rooms("abcda", 1) == (["a", "d", "c"], ["a", "b", "c", "d", "a"])


def test_their_rooms_together_are_bounded_but_for_the_one_in_use(rooms, monkeypatch):
    monkeypatch.setattr(tapes, "MOST", 250)
    assert rooms("abcd", 100)[0] == ["d", "c", "b"]
    assert rooms("ab", 1000)[0] == ["b"]


@pytest.mark.parametrize("op", ["max", "avg", "std", "lse", "median", "mode"])
def test_arrays_of_one_shape_in_many_threads(op):
    arrays = [noise(seed, (3, 40, 41)) for seed in range(24)]
    one_by_one = [poolcli.pool(x.copy(), op, kernel=3, stride=2) for x in arrays]
    with ThreadPoolExecutor(4) as crew:
        together = list(crew.map(lambda x: poolcli.pool(x, op, kernel=3, stride=2), arrays))
    for expected, result in zip(one_by_one, together, strict=True):
        np.testing.assert_array_equal(result, expected)
    assert len({result.tobytes() for result in together}) == len(arrays)


def padded_windows(x, kernel, stride, padding, empty):
    wide = np.pad(x.astype(np.float64), padding, constant_values=empty)
    views = np.lib.stride_tricks.sliding_window_view(wide, kernel)[:: stride[0], :: stride[1]]
    return views.reshape(*views.shape[:2], -1)


@pytest.mark.parametrize("op", ["max", "sum"])
@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "padding"),
    [
        ((12, 84), (3, 108), (1, 28), ((1, 1), (40, 40))),
        ((64, 60), (2, 100), (1, 60), ((0, 0), (65, 95))),
        ((9, 126), (3, 185), (1, 18), ((1, 1), (90, 90))),
        ((20, 45), (3, 80), (2, 20), ((1, 1), (40, 40))),
        ((41, 30), (60, 37), (19, 18), ((30, 30), (18, 18))),
    ],
)
def test_windows_longer_than_the_axis_in_blocks_of_many_taps(op, shape, kernel, stride, padding):
    """Several runs read what was folded along the axis before: its room must not be given back between them."""
    x = noise(3, shape)
    views = padded_windows(x, kernel, stride, padding, -np.inf if op == "max" else 0)
    result = poolcli.pool(x, op, kernel=kernel, stride=stride, padding=padding)
    np.testing.assert_allclose(
        result, views.max(-1) if op == "max" else views.sum(-1), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize(
    "options",
    [{"op": "lse"}, {"op": "gem", "norm": 9}, {"op": "lp", "norm": 9}, {"op": "std"}],
    ids=str,
)
def test_nothing_is_prepared_twice(options, monkeypatch):
    prepared = []
    monkeypatch.setattr(Tape, "prepared", lambda self: prepared.append(self) or self)
    tapes.tapes.kept.clear()
    for seed in range(4):
        poolcli.pool(np.abs(noise(seed, (30, 31))), kernel=3, **options)
    few = len(prepared)
    assert 0 < few <= 3
    poolcli.pool(np.abs(noise(9, (30, 31))), kernel=3, **options)
    assert len(prepared) == few


@pytest.mark.parametrize(
    ("number", "length", "inner"), [(8, 1, 64), (16, 7, 112), (9, 3, 33), (16, 5, 2000)]
)
def test_one_call_over_many_lines_adds_them_in_order(number, length, inner):
    lines = noise(7, (3, number, length * inner)) * np.float32(1000)
    tape = Tape((lines.shape, FLOATS), ((3, length * inner), FLOATS))
    tape.reduce(np.add, tape.outside[0], tape.outside[1])
    out = np.empty((3, length * inner), FLOATS)
    tape.prepared().run(lines, out)
    one_by_one = lines[:, 0].copy()
    for at in range(1, number):
        one_by_one += lines[:, at]
    np.testing.assert_array_equal(out, one_by_one)


@pytest.mark.parametrize("op", ["sum", "avg", "max", "min"])
@pytest.mark.parametrize("where", ["--global", "--adaptive 3", "-k 48", "-k 31"])
def test_large_windows_give_the_same_bits_however_they_are_folded(op, where, monkeypatch):
    values = noise(8, (2, 3, 96, 70)) * np.float32(1000)
    pooling = poolcli.parse(f"{op} {where}")
    expected = pooling(values)
    channels_last = np.ascontiguousarray(values.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(pooling(channels_last), expected)
    np.testing.assert_array_equal(pooling(values[1, 2], "HW"), expected[1, 2])
    for long in ({}, dict.fromkeys(kernels.LONG, 64)):  # calls for each line, or one for all
        monkeypatch.setattr(kernels, "LONG", long)
        monkeypatch.setattr(kernels, "tapes", Tapes())
        np.testing.assert_array_equal(pooling(values), expected)


@pytest.mark.parametrize(
    "line", ["avg -k 31 -s 1", "sum -k 25x40 -s 1 -p 3", "avg -k 40 -s 1x2", "max -k 24 -s 1 -d 2"]
)
@pytest.mark.parametrize("shape", [(70, 90), (3, 70, 90)], ids=str)
@pytest.mark.parametrize("piece", [1, 3000])
def test_pieces_of_large_windows_do_not_show(line, shape, piece, monkeypatch):
    values, copies, copied = noise(9, shape), [], kernels._copied
    expected = poolcli.parse(line)(values)
    monkeypatch.setattr(kernels, "PIECE", piece)
    monkeypatch.setattr(kernels, "NARROW", 20)
    monkeypatch.setattr(kernels, "_copied", lambda *x: copies.append(x) or copied(*x))
    monkeypatch.setattr(kernels, "tapes", Tapes())
    np.testing.assert_array_equal(poolcli.parse(line)(values), expected)
    assert bool(copies) == (len(shape) == 2)  # a plane alone is cut across its lines


@pytest.mark.parametrize(
    "line", ["sum -k 8x1", "avg -k 8x1", "max -k 8x1", "avg --global", "max --global"]
)
def test_zeros_keep_their_sign_however_the_map_lies(line):
    values = np.full((1, 16, 64, 64), -0.0, FLOATS)
    lying = np.ascontiguousarray(values.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    for each in (
        values,
        lying,
        values.transpose(0, 1, 3, 2).copy().transpose(0, 1, 3, 2),
        lying[:, :1].copy(),
    ):
        assert np.signbit(poolcli.parse(line)(each)).all()
