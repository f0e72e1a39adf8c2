"""Laws that hold for every input: what one pooling owes to another."""

import math
from fractions import Fraction

import numpy as np
import twin
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import poolcli

LAW = settings(derandomize=True, deadline=None)
FOLDS = ["max", "min", "sum", "avg", "range", "std", "l2", "lp", "gem", "lse", "soft", "mixed"]

sides = st.integers(1, 9)
values = st.floats(-1e3, 1e3, width=32).map(lambda number: number + 0.0)  # one zero is enough
kernels = st.integers(1, 4)


def maps(elements=values, dtype=np.float64, shape=None):
    shape = st.lists(sides, min_size=1, max_size=4).map(tuple) if shape is None else shape
    return hnp.arrays(dtype, shape, elements=elements)


def planes(**more):
    return maps(shape=st.tuples(st.integers(4, 12), st.integers(4, 12)), **more)


bytes_ = maps(st.integers(0, 255), np.uint8)


def pool(x, reducer, **options):
    return poolcli.pool(x, reducer, **options)


def close(a, b, tolerance=1e-12):
    assert np.shape(a) == np.shape(b)
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * 1e3)


@st.composite
def windows(draw, x):
    """Options of sliding windows that fit each axis of a map of one to three spatial axes."""
    space = np.shape(x)[-min(np.ndim(x), 2) :] if np.ndim(x) < 5 else np.shape(x)[-3:]
    kernel = tuple(draw(st.integers(1, min(size, 4))) for size in space)
    stride = tuple(draw(st.integers(1, 3)) for _ in space)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    return {"kernel": kernel, "stride": stride, "padding": padding}


def with_windows(maps_):
    return maps_.flatmap(lambda x: st.tuples(st.just(x), windows(x)))


# ---- one reducer and another


@LAW
@given(with_windows(maps()))
def test_the_minimum_is_the_maximum_upside_down(case):
    x, options = case
    np.testing.assert_array_equal(pool(x, "min", **options), -pool(-x, "max", **options))


@LAW
@given(with_windows(maps()))
def test_range(case):
    x, options = case
    np.testing.assert_array_equal(
        pool(x, "range", dtype="float64", **options),
        pool(x, "max", **options) - pool(x, "min", **options),
    )


@LAW
@given(with_windows(maps()))
def test_order(case):
    """min <= avg <= lse <= max, min <= soft <= max, |avg| <= l2, std <= range."""
    x, options = case
    low, mean, high = (pool(x, op, **options) for op in ("min", "avg", "max"))
    smooth, soft = pool(x, "lse", **options), pool(x, "soft", **options)
    slack = 1e-9 * (1 + np.abs(x).max())
    assert (low <= mean + slack).all()
    assert (mean <= smooth + slack).all()
    assert (smooth <= high + slack).all()
    assert (low <= soft + slack).all()
    assert (mean <= soft + slack).all()
    assert (soft <= high + slack).all()
    assert (np.abs(mean) <= pool(x, "l2", **options) + slack).all()
    assert (pool(x, "std", **options) <= high - low + slack).all()


@LAW
@given(with_windows(maps(st.floats(0.001, 100))))
def test_the_same_by_another_name(case):
    x, options = case
    mean = pool(x, "avg", **options)
    close(pool(x, "gem", norm=1, **options), mean)
    close(pool(x, "gem", norm=2, **options), pool(x, "l2", **options))
    close(pool(x, "lp", norm=1, **options), pool(x, "sum", **options))
    close(pool(x, "mixed", alpha=0, **options), mean)
    close(pool(x, "mixed", alpha=1, **options), pool(x, "max", **options))
    close(pool(x, "std", **options) ** 2 + mean**2, pool(x, "l2", **options) ** 2, 1e-9)
    close(pool(x, "var", **options), pool(x, "std", **options) ** 2)
    close(pool(x, "lse", sharpness=1e-7, **options), mean, 1e-3)
    close(pool(x, "lse", sharpness=1e9, **options), pool(x, "max", **options), 1e-6)


@LAW
@given(
    st.floats(-1e3, 1e3),
    st.tuples(sides, sides).flatmap(
        lambda shape: windows(np.empty(shape)).map(lambda o: (shape, o))
    ),
)
def test_a_constant(value, case):
    shape, options = case
    x = np.full(shape, value)
    for op in ("max", "min", "avg", "mixed", "lse", "soft"):
        result = pool(x, op, **options)
        close(result, np.full(result.shape, value))
    for op in ("range", "std"):
        assert (pool(x, op, **options) == 0).all()
    close(pool(x, "l2", **options), np.full(result.shape, abs(value)))


@LAW
@given(with_windows(maps()), st.floats(0.5, 2), st.integers(-100, 100))
def test_scale_and_shift(case, factor, shift):
    x, options = case
    for op in ("max", "min", "avg", "mixed"):
        close(
            pool(factor * x + shift, op, **options), factor * pool(x, op, **options) + shift, 1e-11
        )
    for op in ("range", "std"):
        close(pool(factor * x + shift, op, **options), factor * pool(x, op, **options), 1e-7)
    for op in ("sum", "l2", "lp"):
        close(pool(factor * x, op, **options), factor * pool(x, op, **options), 1e-11)
    close(pool(x + shift, "lse", **options), pool(x, "lse", **options) + shift, 1e-11)


# ---- one kind of windows and another


@LAW
@given(maps())
def test_a_kernel_of_one_is_the_identity(x):
    for op in ("max", "min", "sum", "avg", "mixed", "lse", "soft"):
        close(pool(x, op, kernel=1), x)
    for op in ("max", "min", "sum", "avg"):
        np.testing.assert_array_equal(pool(x, op, kernel=1), x)


@LAW
@given(maps(), st.sampled_from(FOLDS))
def test_one_adaptive_cell_is_global(x, op):
    whole = pool(x, op, global_=True)
    np.testing.assert_array_equal(pool(x, op, adaptive=1), whole)
    space = x.shape[-min(x.ndim, 2) :]
    close(pool(x, op, kernel=space, stride=1), whole)


@LAW
@given(st.integers(1, 4), st.integers(1, 4), kernels, kernels, st.sampled_from(FOLDS), st.data())
def test_adaptive_cells_that_divide_are_windows(rows, columns, height, width, op, data):
    x = data.draw(maps(shape=st.just((rows * height, columns * width))))
    close(pool(x, op, adaptive=(rows, columns)), pool(x, op, kernel=(height, width)))


@LAW
@given(planes(), kernels, kernels)
def test_maxima_of_maxima(x, first, second):
    """Windows in steps of one add up; windows side by side multiply."""
    if first + second - 1 <= min(x.shape):
        twice = pool(pool(x, "max", kernel=first, stride=1), "max", kernel=second, stride=1)
        np.testing.assert_array_equal(twice, pool(x, "max", kernel=first + second - 1, stride=1))
    if first * second <= min(x.shape):
        for op in ("max", "min"):
            twice = pool(pool(x, op, kernel=first), op, kernel=second)
            np.testing.assert_array_equal(twice, pool(x, op, kernel=first * second))


@LAW
@given(planes(), kernels, kernels)
def test_means_of_means(x, first, second):
    if first * second <= min(x.shape):
        once = pool(x, "avg", kernel=first * second)
        close(pool(pool(x, "avg", kernel=first), "avg", kernel=second), once)
        close(poolcli.parse(f"avg -k {first} | avg -k {second}")(x), once)
        close(pool(x, "sum", kernel=first * second) / (first * second) ** 2, once)


@LAW
@given(planes(), st.sampled_from([1, 3, 5]), st.sampled_from(["same", "same-lower"]))
def test_same_keeps_the_size(x, kernel, word):
    np.testing.assert_array_equal(
        pool(x, "max", kernel=kernel, stride=1, padding=word),
        pool(x, "max", kernel=kernel, stride=1, padding=kernel // 2),
    )
    assert pool(x, "avg", kernel=kernel, stride=2, padding=word).shape == tuple(
        -(-size // 2) for size in x.shape
    )


@LAW
@given(planes(), kernels, st.integers(2, 3))
def test_dilation_is_the_kernel_on_every_nth_pixel(x, kernel, dilation):
    if dilation * (kernel - 1) < min(x.shape):
        whole = pool(x, "max", kernel=kernel, stride=1, dilation=dilation)
        for row in range(dilation):
            for column in range(dilation):
                part = x[row::dilation, column::dilation]
                if min(part.shape) >= kernel:
                    np.testing.assert_array_equal(
                        whole[row::dilation, column::dilation],
                        pool(part, "max", kernel=kernel, stride=1),
                    )


# ---- where a map lies does not matter


@LAW
@given(
    maps(
        shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(3, 8), st.integers(3, 8))
    ),
    st.sampled_from(FOLDS),
    st.randoms(),
)
def test_batch_and_channels_may_be_shuffled(x, op, random):
    order = random.sample(range(x.shape[0]), x.shape[0])
    options = {"kernel": 3, "stride": 2, "padding": 1}
    whole = pool(x, op, **options)
    np.testing.assert_array_equal(pool(x[order], op, **options), whole[order])
    np.testing.assert_array_equal(pool(x.swapaxes(0, 1), op, **options), whole.swapaxes(0, 1))
    np.testing.assert_array_equal(pool(x[0, 0], op, **options), whole[0, 0])
    last = pool(np.moveaxis(x, 1, -1), op, layout="NHWC", **options)
    np.testing.assert_array_equal(last, np.moveaxis(whole, 1, -1))


@LAW
@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 4),
    st.integers(0, 1),
    st.sampled_from(FOLDS),
    st.data(),
)
def test_mirrors(kernel, stride, cells, padding, op, data):
    """Windows that lie alike from both ends do not care from which end they are counted."""
    length = kernel + stride * (cells - 1) - 2 * padding
    if length < max(1, padding) or (padding and kernel <= padding):
        return
    x = data.draw(maps(shape=st.just((length, length))))
    options = {"kernel": kernel, "stride": stride, "padding": padding}
    whole = pool(x, op, **options)
    close(pool(x[::-1], op, **options), whole[::-1])
    close(pool(x[:, ::-1], op, **options), whole[:, ::-1])
    close(pool(x.T, op, **options), whole.T)


@LAW
@given(planes(), st.sampled_from(FOLDS), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3))
def test_a_crop_with_its_halo_is_the_whole(x, op, kernel, stride, skipped):
    """A result depends on its own windows alone: bit for bit."""
    whole = pool(x, op, kernel=kernel, stride=stride)
    cells = whole.shape[0] - skipped
    if cells > 0:
        rows = x[skipped * stride : skipped * stride + (cells - 1) * stride + kernel]
        np.testing.assert_array_equal(pool(rows, op, kernel=kernel, stride=stride), whole[skipped:])


@LAW
@given(st.lists(st.integers(2, 7), min_size=1, max_size=3), st.sampled_from(FOLDS), st.data())
def test_an_axis_of_one_changes_nothing(shape, op, data):
    line = data.draw(maps(shape=st.just((shape[0],))))
    close(pool(line, op, kernel=2, stride=1), pool(line[None], op, kernel=(1, 2), stride=1)[0])
    plane = data.draw(maps(shape=st.just((4, shape[-1]))))
    volume = plane[None, None, None]
    close(
        pool(plane, op, kernel=2, stride=1), pool(volume, op, kernel=(1, 2, 2), stride=1)[0, 0, 0]
    )


# ---- exactness


def exact_means(x, height, width):
    """The means of the windows side by side, as fractions."""
    rows, columns = x.shape[0] // height, x.shape[1] // width
    cut = x[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return [
        [Fraction(sum(map(int, cut[i, :, j].flat)), height * width) for j in range(columns)]
        for i in range(rows)
    ]


def rounded(mean, rule):
    return twin.round_exact(mean, rule)


@LAW
@given(
    st.sampled_from(["uint8", "int8", "uint16", "int16", "uint32", "int32"]),
    st.sampled_from(["half-even", "half-up", "half-away", "floor"]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.data(),
)
def test_means_of_integers_are_exact(dtype, rule, height, width, data):
    info = np.iinfo(dtype)
    ends = st.sampled_from([info.min, info.max, 0, 1, info.max - 1]) | st.integers(
        info.min, info.max
    )
    x = data.draw(maps(ends, dtype, st.tuples(st.integers(height, 12), st.integers(width, 12))))
    options = {"kernel": (height, width), "dtype": dtype, "round": rule}
    expected = [[rounded(mean, rule) for mean in row] for row in exact_means(x, height, width)]
    np.testing.assert_array_equal(pool(x, "avg", **options), expected)


@LAW
@given(st.sampled_from(["uint8", "int16", "uint16", "int32", "uint32"]), st.data())
def test_sums_of_integers_are_exact(dtype, data):
    info = np.iinfo(dtype)
    x = data.draw(maps(st.integers(info.min, info.max), dtype, st.tuples(sides, sides)))
    assert int(pool(x, "sum", global_=True, dtype="int64").item()) == sum(map(int, x.flat))


@LAW
@given(with_windows(maps(st.floats(-1e6, 1e6, width=32), np.float32)))
def test_means_of_floats_are_close(case):
    """float32 sums in a tree: the error stays within a few units of the largest value."""
    x, options = case
    exact = pool(x.astype(np.float64), "avg", **options)
    np.testing.assert_allclose(
        pool(x, "avg", **options), exact, rtol=0, atol=1e-6 * (1 + np.abs(x).max())
    )


def test_means_of_many_floats_are_close():
    x = (np.random.default_rng(0).random((1000, 1000)) + 100).astype(np.float32)
    exact = math.fsum(map(float, x.flat)) / x.size
    assert abs(float(pool(x, "avg", global_=True).item()) - exact) < 2e-5
    assert abs(float(pool(x.astype(np.float16), "avg", global_=True).item()) - exact) < 0.1


@LAW
@given(with_windows(bytes_))
def test_bytes_are_pooled_as_their_numbers(case):
    x, options = case
    wide = x.astype(np.float64)
    for op in FOLDS:
        close(pool(x, op, dtype="float64", **options), pool(wide, op, **options), 1e-9)
    for op in ("max", "min"):
        assert pool(x, op, **options).dtype == np.uint8


# ---- what is left out does not count


@LAW
@given(with_windows(bytes_), st.sampled_from(FOLDS), st.integers(0, 3))
def test_nodata_is_nan_by_another_name(case, op, nodata):
    x, options = case
    few = x % 4  # so that every value comes up
    holes = np.where(few == nodata, np.nan, few.astype(np.float64))
    left = pool(few, op, nodata=nodata, dtype="float64", **options)
    ignored = pool(holes, op, nan="ignore", **options)
    empty = np.isnan(ignored)
    close(left[~empty], ignored[~empty], 1e-9)
    assert (left[empty] == nodata).all()


@LAW
@given(with_windows(maps()), st.sampled_from(FOLDS))
def test_nan_spoils_its_windows_alone(case, op):
    x, options = case
    spoilt = x.copy()
    spoilt.flat[0] = np.nan
    result, clean = pool(spoilt, op, **options), pool(x, op, **options)
    touched = np.isnan(result)
    seen = pool(np.isnan(spoilt).astype(np.uint8), "max", **options) == 1
    np.testing.assert_array_equal(touched, seen)
    np.testing.assert_array_equal(result[~touched], clean[~touched])


@LAW
@given(with_windows(maps()))
def test_padding_is_left_out(case):
    """Padding is no pixel: it is the map in a frame of NaN that are ignored."""
    x, options = case
    padding = options.pop("padding")
    space = len(padding)
    frame = [(0, 0)] * (x.ndim - space) + [(p, p) for p in padding]
    framed = np.pad(x, frame, constant_values=np.nan)
    for op in FOLDS:
        close(
            pool(x, op, padding=padding, **options), pool(framed, op, nan="ignore", **options), 1e-9
        )


STEPS = ["max -k 2 -s 1", "avg -k 3 -s 1 -p 1", "min --adaptive 4", "range -k 2 -s 1 -p 0:1"]


@LAW
@given(
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
    st.sampled_from([[], ["l2 --global"]]),
    planes(),
)
def test_a_pipeline_is_its_steps_in_turn(first, last, x):
    steps = first + last
    whole = poolcli.parse(" | ".join(steps))
    assert str(whole) == " | ".join(str(poolcli.parse(step)) for step in steps)
    expected = x
    for step in steps:
        expected = poolcli.parse(step)(expected)
    np.testing.assert_array_equal(whole(x), expected)


# ---- compositions and masks

reducers = st.sampled_from([*FOLDS, "median", "mode"])


@LAW
@given(planes(), reducers, st.integers(1, 3))
def test_a_level_of_a_pyramid_is_one_pooling(x, op, levels):
    made = pool(x, "pyramid", op=op, levels=levels)
    assert len(made) == levels
    for level, result in enumerate(made, start=1):
        size = 2**level
        np.testing.assert_array_equal(result, pool(x, op, kernel=size, stride=size, ceil_mode=True))


@LAW
@given(with_windows(planes()), reducers, st.sampled_from(["max", "avg", "sum"]))
def test_fusing_one_branch_changes_nothing(given_, op, merge):
    x, windows_ = given_
    branch = str(poolcli.parse(f"{op} -k {windows_['kernel'][0]}x{windows_['kernel'][1]}"))
    np.testing.assert_array_equal(
        pool(x, "fuse", branches=[branch], merge=merge), poolcli.parse(branch)(x)
    )


@LAW
@given(with_windows(planes()), st.sampled_from([*FOLDS, "median", "mode", "quantile"]))
def test_a_mask_that_leaves_nothing_out_changes_nothing(given_, op):
    x, windows_ = given_
    close(pool(x, op, mask=np.ones(x.shape, bool), **windows_), pool(x, op, **windows_))


def test_flags_become_whole_numbers_of_any_kind():
    x = np.array([[True, False], [False, False]])
    for dtype in ("int8", "int32", "uint64"):
        result = poolcli.pool(x, "max", kernel=1, dtype=dtype)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, x)


# ---- angles, trimmed means and classes


def apart(a, b, period=360):
    """The angle between two directions."""
    away = np.abs(np.asarray(a) - b) % period
    return np.minimum(away, period - away)


@LAW
@given(with_windows(maps(st.floats(-1e3, 1e3))), st.integers(-3, 3), st.floats(0, 80))
def test_angles_turn_with_the_map_and_ignore_whole_periods(case, turns, by):
    x, options = case
    narrow = x / 25  # within a quarter, so that a direction is left
    mean = pool(narrow, "circmean", **options)
    assert ((mean >= 0) & (mean < 360)).all()
    assert (apart(pool(narrow + 360 * turns, "circmean", **options), mean) < 1e-9).all()
    assert (apart(pool(narrow + by, "circmean", **options), mean + by) < 1e-9).all()
    assert (apart(pool(-narrow, "circmean", **options), -mean) < 1e-9).all()


@LAW
@given(st.integers(2, 12), st.floats(0, 360), st.sampled_from([1, 24, 360, 2 * math.pi]))
def test_no_direction_is_left_of_angles_all_around(count, first, period):
    x = (np.arange(count) * period / count + first * period / 360) % period
    assert np.isnan(pool(x, "circmean", global_=True, period=period)).all()


@LAW
@given(with_windows(maps()))
def test_trimmed_means_reach_from_the_mean_to_the_median(case):
    x, options = case
    close(pool(x, "trimmed", trim=0, **options), pool(x, "avg", **options))
    inner = pool(x, "trimmed", trim=0.49, **options)
    low, high = (pool(x, "quantile", q=q, **options) for q in (0.25, 0.75))
    slack = 1e-9 * (1 + np.abs(x).max())
    assert ((low - slack <= inner) & (inner <= high + slack)).all()


@LAW
@given(with_windows(maps(st.integers(0, 5), np.uint8)))
def test_the_shares_of_all_classes_are_a_whole(case):
    x, options = case
    shares = [pool(x, "fraction", of=value, **options) for value in range(6)]
    close(np.sum(shares, axis=0), np.ones_like(shares[0]), 1e-6)
    close(pool(x, "fraction", of=(0, 1, 2), **options), np.sum(shares[:3], axis=0), 1e-6)
    close(pool(x == 3, "avg", **options), shares[3], 1e-6)


@LAW
@given(with_windows(maps(st.integers(-4, 4), np.int64)))
def test_several_nodata_values_are_a_mask(case):
    x, options = case
    masked = pool(x, "avg", mask=(x != 1) & (x != -2), **options)
    several = pool(x, "avg", nodata=(1, -2), **options)
    np.testing.assert_array_equal(np.where(np.isnan(masked), 1, masked), several)
