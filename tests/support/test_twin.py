"""The twin against numbers worked by hand or printed by the frameworks its rules come from."""

import math
from fractions import Fraction

import nasty
import numpy as np
import pytest
import twin

NAN, INF = math.nan, math.inf


def one(values, op, dtype=np.float64, **options):
    """The number one window of all these values becomes."""
    x = np.array(values, dtype)
    weights = options.pop("weights", None)
    if weights is not None:
        options["weights"] = np.array(weights, np.float64)
    return twin.pool(x, op, twin_global(x.shape), **options).item()


def twin_global(shape):
    return [twin.adaptive(size, 1) for size in shape]


def square(size, *args, **options):
    """The same windows on both axes of a square map."""
    return [twin.sliding(size, *args, **options)] * 2


def taps(windows):
    return [window.taps for window in windows]


def extents(windows):
    """The taps of each window, and how many fall in map plus padding."""
    return [(window.taps, window.extent) for window in windows]


class TestSliding:
    @pytest.mark.parametrize(
        ("axis", "count"),
        [
            ((112, 3, 2, (1, 1), 1, False), 56),  # ResNet's stem
            ((112, 3, 2, (0, 0), 1, True), 56),  # GoogLeNet's chain
            ((56, 3, 2, (0, 0), 1, True), 28),
            ((28, 3, 2, (0, 0), 1, True), 14),
            ((14, 3, 2, (0, 0), 1, True), 7),
            ((14, 3, 2, (0, 0), 1, False), 6),
            ((9, 7, 3, (3, 3), 1, False), 3),
            ((9, 7, 3, (3, 3), 1, True), 4),
            (
                (4, 2, 3, (1, 1), 1, True),
                2,
            ),  # a third window would start at 5, in the padding after
            ((3, 2, 2, (1, 1), 1, True), 2),  # here it would start right where that padding begins
            ((7, 3, 1, (0, 0), 3, False), 1),
            ((8, 3, 2, (0, 0), 2, False), 2),
            ((8, 3, 2, (0, 0), 2, True), 3),
            ((5, 2, 2, "valid", 1, False), 2),
            ((5, 2, 2, "valid", 1, True), 2),
            ((5, 2, 2, "same", 1, False), 3),
            ((10, 3, 4, "same", 1, False), 3),
            ((10, 3, 4, "same-lower", 1, False), 3),
        ],
    )
    def test_count(self, axis, count):
        assert len(twin.sliding(*axis)) == count

    def test_stride_is_the_kernel_by_default(self):
        assert taps(twin.sliding(7, 3)) == [(0, 1, 2), (3, 4, 5)]

    def test_taps_step_by_the_dilation(self):
        assert taps(twin.sliding(6, 3, 1, dilation=2)) == [(0, 2, 4), (1, 3, 5)]

    def test_padding_holds_no_taps_but_counts(self):
        assert extents(twin.sliding(4, 3, 2, (1, 1))) == [((0, 1), 3), ((1, 2, 3), 3)]

    def test_uneven_padding(self):
        assert extents(twin.sliding(3, 2, 2, (0, 1))) == [((0, 1), 2), ((2,), 2)]
        assert extents(twin.sliding(3, 2, 2, (1, 0))) == [((0,), 2), ((1, 2), 2)]

    def test_ceil_window_counts_only_to_the_end_of_the_padding(self):
        assert extents(twin.sliding(9, 7, 3, (3, 3), ceil_mode=True)) == [
            ((0, 1, 2, 3), 7),
            ((0, 1, 2, 3, 4, 5, 6), 7),
            ((3, 4, 5, 6, 7, 8), 7),
            ((6, 7, 8), 6),
        ]

    def test_ceil_window_on_a_dilated_kernel(self):
        assert extents(twin.sliding(8, 3, 2, dilation=2, ceil_mode=True))[-1] == ((4, 6), 2)

    def test_last_window_starts_in_the_map(self):
        assert taps(twin.sliding(4, 2, 3, (1, 1), ceil_mode=True)) == [(0,), (2, 3)]

    def test_same_pads_after_and_same_lower_before(self):
        assert taps(twin.sliding(5, 2, 2, "same")) == [(0, 1), (2, 3), (4,)]
        assert taps(twin.sliding(5, 2, 2, "same-lower")) == [(0,), (1, 2), (3, 4)]

    def test_same_is_symmetric_for_an_odd_kernel(self):
        assert taps(twin.sliding(3, 3, 1, "same")) == taps(twin.sliding(3, 3, 1, "same-lower"))
        assert taps(twin.sliding(3, 3, 1, "same")) == [(0, 1), (0, 1, 2), (1, 2)]

    def test_same_needs_no_padding_when_strides_skip_the_end(self):
        assert taps(twin.sliding(6, 2, 5, "same")) == [(0, 1), (5,)]
        assert taps(twin.sliding(7, 1, 3, "same")) == [(0,), (3,), (6,)]

    @pytest.mark.parametrize(
        ("args", "options"),
        [
            ((3, 4), {}),
            ((3, 6, 1, (1, 1)), {}),
            ((4, 3, 1), {"dilation": 2}),
            ((2, 3, 2), {"ceil_mode": True}),
            ((2, 3, 1, "valid"), {}),
            ((4, 2, 1, (3, 0)), {}),  # the first windows lie in the padding
            ((1, 2, 1, "same"), {"dilation": 4}),  # the only pixel falls between the taps
            ((3, 0), {}),
            ((3, -1), {}),
            ((3, 2, 0), {}),
            ((3, 2, 1, (-1, 0)), {}),
            ((3, 2), {"dilation": 0}),
            ((0, 1), {}),
        ],
    )
    def test_impossible_windows_are_refused(self, args, options):
        with pytest.raises(ValueError, match=r"start at 1|does not fit|no pixel"):
            twin.sliding(*args, **options)


class TestAdaptive:
    def test_windows_overlap(self):
        assert extents(twin.adaptive(5, 3)) == [((0, 1), 2), ((1, 2, 3), 3), ((3, 4), 2)]

    def test_more_cells_than_pixels(self):
        assert taps(twin.adaptive(3, 5)) == [(0,), (0, 1), (1,), (1, 2), (2,)]
        assert twin.pool(np.arange(3), "avg", [twin.adaptive(3, 5)]).tolist() == [0, 0.5, 1, 1.5, 2]

    def test_global_is_one_cell(self):
        assert extents(twin.adaptive(4, 1)) == [((0, 1, 2, 3), 4)]

    def test_as_many_cells_as_pixels_is_the_identity(self):
        assert taps(twin.adaptive(3, 3)) == [(0,), (1,), (2,)]

    @pytest.mark.parametrize("sizes", [(0, 1), (3, 0), (3, -2)])
    def test_sizes_start_at_one(self, sizes):
        with pytest.raises(ValueError, match="start at 1"):
            twin.adaptive(*sizes)


class TestWindowsOfMaps:
    def test_sliding_pairs(self):
        x = np.arange(1, 16).reshape(3, 5)
        windows = [twin.sliding(3, 2, 1), twin.sliding(5, 2, 1)]
        assert twin.pool(x, "max", windows).tolist() == [[7, 8, 9, 10], [12, 13, 14, 15]]
        assert twin.pool(x, "avg", windows).tolist() == [[4, 5, 6, 7], [9, 10, 11, 12]]

    def test_column_kernel(self):
        x = np.arange(1, 19).reshape(6, 3)
        windows = [twin.sliding(6, 3), twin.sliding(3, 1)]
        assert twin.pool(x, "max", windows).tolist() == [[7, 8, 9], [16, 17, 18]]

    def test_windows_cut_at_the_border(self):
        x, windows = np.arange(1, 10).reshape(3, 3), square(3, 2, 1, "same")
        assert twin.pool(x, "max", windows).tolist() == [[5, 6, 6], [8, 9, 9], [8, 9, 9]]
        assert twin.pool(x, "avg", windows).tolist() == [[3, 4, 4.5], [6, 7, 7.5], [7.5, 8.5, 9]]

    def test_same_and_same_lower(self):
        x = np.arange(1, 6)
        assert twin.pool(x, "max", [twin.sliding(5, 2, 2, "same")]).tolist() == [2, 4, 5]
        assert twin.pool(x, "max", [twin.sliding(5, 2, 2, "same-lower")]).tolist() == [1, 3, 5]

    def test_a_constant_stays_at_the_border(self):
        x = np.full((3, 3), 200, np.uint8)
        assert twin.pool(x, "avg", square(3, 2, ceil_mode=True)).tolist() == [
            [200, 200],
            [200, 200],
        ]

    def test_negative_maxima_beside_padding(self):
        x = -np.ones((3, 3), np.int8)
        assert twin.pool(x, "max", square(3, 3, 1, (1, 1))).tolist() == [[-1] * 3] * 3

    def test_ceil_window_holds_only_pixels(self):
        assert twin.pool(
            np.arange(1, 6), "avg", [twin.sliding(5, 4, 3, ceil_mode=True)]
        ).tolist() == [2.5, 4.5]

    def test_three_axes_and_two_batch_axes(self):
        x = np.arange(48).reshape(2, 3, 2, 2, 2)
        pooled = twin.pool(x, "max", [twin.sliding(2, 2)] * 3)
        assert pooled.tolist() == [[[[[7]]], [[[15]]], [[[23]]]], [[[[31]]], [[[39]]], [[[47]]]]]

    def test_one_axis(self):
        x = np.array([[1, 5, 2], [7, 0, 6]])
        assert twin.pool(x, "sum", [twin.sliding(3, 2, 1)]).tolist() == [[6, 7], [7, 6]]

    def test_no_planes(self):
        assert twin.pool(np.zeros((0, 4, 4)), "avg", square(4, 2)).shape == (0, 2, 2)


class TestDivisor:
    X = np.arange(1, 10)
    WINDOWS = (twin.sliding(9, 7, 3, (3, 3), ceil_mode=True),)

    def test_padding_counts_only_when_asked(self):
        assert twin.pool(self.X, "avg", self.WINDOWS).tolist() == [2.5, 4, 6.5, 8]
        included = twin.pool(self.X, "avg", self.WINDOWS, count_include_pad=True)
        assert included.tolist() == [10 / 7, 4, 39 / 7, 4]
        assert included == pytest.approx([1.4286, 4, 5.5714, 4], abs=5e-5)

    def test_left_out_pixels_do_not_count_beside_padding(self):
        pooled = twin.pool(self.X, "avg", self.WINDOWS, count_include_pad=True, nodata=4)
        assert pooled.tolist() == [6 / 6, 24 / 6, 35 / 6, 4]

    def test_corner_padding_counts(self):
        pooled = twin.pool(np.ones((2, 2)), "avg", square(2, 2, 2, (1, 1)), count_include_pad=True)
        assert pooled.tolist() == [[0.25, 0.25], [0.25, 0.25]]

    def test_override_holds_for_partial_windows(self):
        pooled = twin.pool(np.ones((3, 3)), "avg", square(3, 2, ceil_mode=True), divisor=4)
        assert pooled.tolist() == [[1, 0.5], [0.5, 0.25]]

    def test_override_beats_padding(self):
        pooled = twin.pool(self.X, "avg", self.WINDOWS, divisor=2, count_include_pad=True)
        assert pooled.tolist() == [5, 14, 19.5, 12]


class TestFormulas:
    @pytest.mark.parametrize(
        ("op", "options", "expected"),
        [
            ("max", {}, 4),
            ("min", {}, 1),
            ("sum", {}, 10),
            ("avg", {}, 2.5),
            ("range", {}, 3),
            ("std", {}, math.sqrt(1.25)),
            ("var", {}, 1.25),
            ("l2", {}, math.sqrt(7.5)),
            ("lp", {}, math.sqrt(30)),
            ("lp", {"norm": 1}, 10),
            ("lp", {"norm": 3}, 100 ** (1 / 3)),
            ("gem", {}, 25 ** (1 / 3)),
            ("gem", {"norm": 1}, 2.5),
            ("mixed", {}, 3.25),
            ("mixed", {"alpha": 1}, 4),
            ("mixed", {"alpha": 0}, 2.5),
            ("lse", {}, math.log((math.e + math.e**2 + math.e**3 + math.e**4) / 4)),
            (
                "lse",
                {"sharpness": 2},
                math.log((math.e**2 + math.e**4 + math.e**6 + math.e**8) / 4) / 2,
            ),
        ],
    )
    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64])
    def test_one_to_four(self, op, options, expected, dtype):
        assert one([1, 2, 3, 4], op, dtype, **options) == pytest.approx(expected, rel=1e-14)

    def test_root_mean_square(self):
        assert round(one([1, 2, 3, 4], "l2"), 4) == 2.7386

    def test_lp_takes_sizes(self):
        assert one([-1, 2], "lp", norm=1) == 3
        assert one([3, -4], "lp") == 5
        assert one([0, 0], "lp") == one([0, 0], "l2") == 0

    def test_gem_lifts_to_eps(self):
        assert one([-5, 0], "gem") == pytest.approx(1e-6, rel=1e-14)
        assert one([-5, 2], "gem", norm=1, eps=1) == 1.5

    def test_lse(self):
        assert one([0, math.log(3)], "lse") == pytest.approx(math.log(2), rel=1e-14)
        assert one([0, math.log(3)], "lse", sharpness=2) == pytest.approx(
            math.log(5) / 2, rel=1e-14
        )
        assert one([1000, 1000], "lse") == 1000
        assert one([1000, -1000], "lse") == 1000 + math.log(0.5)
        assert one([0, 255], "lse", np.uint8) == 255 + math.log(0.5)

    def test_soft(self):
        assert one([0, math.log(3)], "soft") == pytest.approx(0.75 * math.log(3), rel=1e-14)
        assert one([-7, -7, -7], "soft") == -7
        assert one([1000, -1000], "soft") == 1000
        assert one([255, 255, 0], "soft", np.uint8) == 255

    def test_negative_sharpness_leans_to_the_minimum(self):
        assert one([0, math.log(3)], "lse", sharpness=-1) == pytest.approx(
            -math.log(2 / 3), rel=1e-14
        )
        assert one([1000, -1000], "lse", sharpness=-1) == -1000 + math.log(2)
        assert one([1, -INF], "lse", sharpness=-1) == -INF

    def test_nothing_cancels(self):
        assert one([1e8, 1e8 + 0.5], "std") == 0.25
        assert one([1e16, 1, -1e16], "sum") == 1
        assert one([0.1] * 3, "avg") == 0.1
        assert one([0.1] * 3, "std") == 0
        assert one([2**62, 1, -(2**62), 1], "sum", np.int64) == 2
        assert one([2**62, 1, -(2**62), 1], "avg", np.int64) == 0.5
        assert one([True, True, False], "sum", np.bool_) == 2

    def test_nothing_overflows(self):
        assert one([3e300, -4e300], "lp") == pytest.approx(5e300, rel=1e-14)
        assert one([7e300, 1e300], "l2") == pytest.approx(5e300, rel=1e-14)
        assert (
            one([1e308] * 4, "avg") == one([1e308] * 4, "soft") == one([1e308] * 4, "gem") == 1e308
        )
        assert one([1e308] * 4, "sum") == INF
        assert one([1e308, -1e308], "std") == 1e308
        assert one([1e308, -1e308], "soft") == 1e308
        assert one([5e-324, -5e-324], "std") == 5e-324
        assert one([np.iinfo(np.int64).min] * 2, "l2", np.int64) == 2.0**63

    def test_max_and_min_keep_the_dtype(self):
        x = np.array([2**53 + 1, 2**53], np.int64)
        pooled = twin.pool(x.astype(">i8"), "max", twin_global(x.shape))
        assert (pooled.dtype, pooled.item()) == (np.int64, 2**53 + 1)
        assert twin.pool(np.array([True, False]), "min", [twin.adaptive(2, 1)]).dtype == np.bool_
        assert twin.pool(np.ones(2, np.float16), "min", [twin.adaptive(2, 1)]).dtype == np.float16
        assert twin.pool(np.ones(2, np.float16), "avg", [twin.adaptive(2, 1)]).dtype == np.float64


class TestSpecialValues:
    @pytest.mark.parametrize("op", twin.REDUCERS)
    def test_nan_spreads_or_is_ignored(self, op):
        assert math.isnan(one([1, NAN, 5, NAN, 2], op))
        assert math.isnan(one([INF, NAN], op))
        assert one([1, NAN, 5, NAN, 2], op, nan="ignore") == one([1, 5, 2], op)
        assert math.isnan(one([NAN, NAN], op, nan="ignore"))
        assert one([NAN, NAN], op, nan="ignore", nodata=-1) == -1

    @pytest.mark.parametrize(
        ("op", "plus", "minus", "both"),
        [
            ("max", INF, 1, INF),
            ("min", 1, -INF, -INF),
            ("sum", INF, -INF, NAN),
            ("avg", INF, -INF, NAN),
            ("range", INF, INF, INF),
            ("std", NAN, NAN, NAN),
            ("l2", INF, INF, INF),
            ("lp", INF, INF, INF),
            ("gem", INF, 0.5 ** (1 / 3), INF),
            ("lse", INF, 1 - math.log(2), INF),
            ("soft", NAN, NAN, NAN),
            ("mixed", INF, -INF, NAN),
        ],
    )
    def test_infinity(self, op, plus, minus, both):
        found = [one([1, INF], op), one([1, -INF], op), one([INF, -INF], op)]
        assert found == pytest.approx([plus, minus, both], rel=1e-14, nan_ok=True)

    def test_only_infinities(self):
        assert one([-INF, -INF], "lse") == one([-INF, -INF], "max") == one([-INF], "avg") == -INF
        assert math.isnan(one([INF, INF], "range"))


class TestValidity:
    def test_nodata_is_left_out(self):
        assert one([1, 255, 3], "avg", np.uint8, nodata=255) == 2
        assert one([1, 255, 3], "max", np.uint8, nodata=255) == 3

    @pytest.mark.parametrize("op", twin.REDUCERS)
    def test_empty_window_is_nodata(self, op):
        assert one([9, 9], op, np.uint8, nodata=9) == 9

    def test_nodata_of_nan(self):
        assert one([1, NAN, 3], "avg", nodata=NAN) == 2

    def test_nodata_as_the_dtype_stores_it(self):
        assert one([0.1, 3], "avg", np.float32, nodata=0.1) == 3
        assert one([1, INF], "max", np.float32, nodata=1e300) == INF
        assert one([1, 2], "sum", np.uint8, nodata=-9999) == 3
        assert one([1, 2], "sum", np.uint8, nodata=1.5) == 3

    def test_min_valid(self):
        values = [1, 2, 9, 9]
        assert one(values, "avg", nodata=9, min_valid=0.5) == 1.5
        assert one(values, "avg", nodata=9, min_valid=0.51) == 9
        assert math.isnan(one([1, NAN, NAN], "avg", nan="ignore", min_valid=0.5))

    def test_min_valid_of_the_pixels_inside_the_map(self):
        pooled = twin.pool(
            np.array([5, 9, 9, 9]), "max", [twin.sliding(4, 3, 2, (1, 1))], nodata=9, min_valid=0.5
        )
        assert pooled.tolist() == [5, 9]

    @pytest.mark.parametrize(
        ("op", "expected"),
        [
            ("max", 3),
            ("min", 1),
            ("sum", 4),
            ("range", 2),
            ("lp", math.sqrt(10)),
            ("avg", 1.5),
            ("std", math.sqrt(0.75)),
            ("l2", math.sqrt(3)),
            ("gem", 7.5 ** (1 / 3)),
            ("lse", math.log((3 * math.e + math.e**3) / 4)),
            ("soft", (3 + 3 * math.e**2) / (3 + math.e**2)),
            ("mixed", 2.25),
        ],
    )
    def test_weights(self, op, expected):
        assert one([1, 3, 100], op, weights=[3, 1, 0]) == pytest.approx(expected, rel=1e-14)

    @pytest.mark.parametrize("op", ["avg", "std", "l2", "gem", "lse", "soft", "mixed"])
    def test_a_whole_weight_is_a_repetition(self, op):
        assert one([1, 3, 4], op, weights=[3, 1, 2]) == pytest.approx(
            one([1, 1, 1, 3, 4, 4], op), rel=1e-14
        )

    def test_a_nan_of_weight_zero_is_left_out(self):
        assert one([1, NAN], "avg", weights=[0.5, 0]) == 1
        assert math.isnan(one([1, 2], "max", np.uint8, weights=[0, 0]))


class TestExact:
    def test_fractions(self):
        x, windows = np.array([1, 2, 2], np.uint8), [twin.adaptive(3, 1)]
        assert twin.pool_exact(x, "avg", windows).tolist() == [Fraction(5, 3)]
        assert twin.pool_exact(x, "sum", windows).tolist() == [5]
        assert twin.pool_exact(x, "range", windows).tolist() == [1]
        assert twin.pool_exact(x, "mixed", windows, alpha=Fraction(1, 3)).tolist() == [
            Fraction(16, 9)
        ]
        assert twin.pool_exact(x, "avg", windows, nodata=1).tolist() == [2]

    def test_beyond_float64(self):
        x = np.array([2**64 - 1, 2**64 - 2], np.uint64)
        assert twin.pool_exact(x, "avg", [twin.adaptive(2, 1)]).tolist() == [Fraction(2**65 - 3, 2)]
        low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        assert twin.pool_exact(np.array([low, high]), "range", [twin.adaptive(2, 1)]).tolist() == [
            2**64 - 1
        ]

    def test_empty_windows(self):
        x, windows = np.array([7, 7, 1, 2]), [twin.sliding(4, 2)]
        assert twin.pool_exact(x, "avg", windows, nodata=7).tolist() == [7, Fraction(3, 2)]
        assert twin.pool_exact(x, "avg", windows, weights=np.array([0, 0, 1, 1])).tolist() == [
            None,
            Fraction(3, 2),
        ]

    @pytest.mark.parametrize(("op", "dtype"), [("l2", np.uint8), ("avg", np.float32)])
    def test_only_what_is_exact(self, op, dtype):
        with pytest.raises(TypeError, match="no fraction"):
            twin.pool_exact(np.ones(2, dtype), op, [twin.adaptive(2, 1)])

    @pytest.mark.parametrize(
        ("numerator", "denominator", "half_even", "half_up", "floor"),
        [
            (2, 4, 0, 1, 0),
            (6, 4, 2, 2, 1),
            (10, 4, 2, 3, 2),
            (8, 16, 0, 1, 0),
            (24, 16, 2, 2, 1),
            (5, 9, 1, 1, 0),
            (8, 9, 1, 1, 0),
            (43, 4, 11, 11, 10),
            (-1, 2, 0, 0, -1),
            (-3, 2, -2, -1, -2),
            (-5, 2, -2, -2, -3),
            (2**65 - 3, 2, 2**64 - 2, 2**64 - 1, 2**64 - 2),
        ],
    )
    def test_rounding(self, numerator, denominator, half_even, half_up, floor):
        value = Fraction(numerator, denominator)
        assert twin.round_exact(value, "half-even") == half_even
        assert twin.round_exact(value, "half-up") == half_up
        assert twin.round_exact(value, "floor") == floor
        away = half_up if value > 0 else math.ceil(value - Fraction(1, 2))
        assert twin.round_exact(value, "half-away") == away


class TestNasty:
    @pytest.mark.parametrize("ndim", [1, 2, 3])
    @pytest.mark.parametrize("kind", ["float", "int"])
    def test_same_at_every_call_and_named_once(self, ndim, kind):
        first, again = nasty.arrays(ndim, kind), nasty.arrays(ndim, kind)
        assert len({name for name, _ in first}) == len(first)
        for (name, x), (_, y) in zip(first, again, strict=True):
            assert x.ndim >= ndim, name
            assert (x.dtype.kind == "f") == (kind == "float"), name
            assert (x.dtype, x.strides) == (y.dtype, y.strides), name
            assert np.array_equal(x, y, equal_nan=kind == "float"), name

    def test_all_is_both(self):
        names = [name for name, _ in nasty.arrays(2)]
        assert names == [name for kind in ("float", "int") for name, _ in nasty.arrays(2, kind)]
        assert len(set(names)) == len(names)

    def test_layouts_are_what_they_say(self):
        found = {name: x for name, x in nasty.arrays(2, "float") if name.startswith("layout")}
        assert not found["layout-byteswapped-float32"].dtype.isnative
        assert found["layout-fortran-float32"].flags.f_contiguous
        assert min(found["layout-reversed-float32"].strides) < 0
        assert found["layout-strided-float32"].strides[-1] == 8
        assert not found["layout-readonly-float32"].flags.writeable
        assert found["layout-broadcast-float32"].strides[0] == 0
        assert found["layout-broadcast-pixel-float32"].strides == (0, 0, 0)
        assert not found["layout-transposed-float32"].flags.forc
        assert not found["layout-unaligned-float32"].flags.aligned

    @pytest.mark.parametrize("op", twin.REDUCERS)
    def test_twin_stays_within_the_window(self, op, thinned):
        """Every finite mean lies between its window's minimum and maximum, and no reducer raises or
        warns.
        """
        for name, x in thinned(nasty.arrays(2)):
            windows = [twin.sliding(size, 3, 2, "same") for size in x.shape[-2:]]
            pooled = twin.pool(x, op, windows)
            if op in ("avg", "lse", "soft", "mixed"):
                bounds = (twin.pool(x, bound, windows) for bound in ("min", "max"))
                low, high = (bound.astype(np.float64) for bound in bounds)
                known = np.isfinite(pooled) & np.isfinite(low) & np.isfinite(high)
                slack = 1e-14 * np.maximum(np.abs(low), np.abs(high))[known]
                assert np.all(low[known] - slack <= pooled[known]), name
                assert np.all(pooled[known] <= high[known] + slack), name
