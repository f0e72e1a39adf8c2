"""Each measure against another computation: scikit-image, or its definition in plain loops."""

import cmath
import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import poolcli
from poolcli.analysis.comparison.measures import aliased, psnr, shift_change, ssim
from poolcli.analysis.comparison.results import compare
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture
from poolcli.pipeline.pipeline import as_map


def draw(shape, dtype=np.uint8, seed=0):
    """A smooth picture, and the same with noise."""
    rng = np.random.default_rng(seed)
    waves = sum(np.cos(0.3 * (n + 1) * line) for n, line in enumerate(np.indices(shape)))
    clean = (waves - waves.min()) / np.ptp(waves)
    noisy = np.clip(clean + rng.normal(0, 0.1, shape), 0, 1)
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 5
    return (clean * top).astype(dtype), (noisy * top).astype(dtype)


@pytest.mark.parametrize(
    ("shape", "dtype", "peak"),
    [
        ((40, 31), np.uint8, 255),
        ((24, 40), np.uint16, 65535),
        ((9, 12, 11), np.uint8, 255),
        ((50,), np.float64, 5),
        ((33, 20), np.float32, 5),
    ],
)
def test_psnr_and_ssim_are_those_of_scikit_image(shape, dtype, peak):
    x, y = draw(shape, dtype)
    theirs = structural_similarity(x, y, data_range=peak)
    wide = x.astype(np.float64), y.astype(np.float64)
    assert ssim(*wide, peak, len(shape)) == pytest.approx(
        theirs, abs=2e-7 if dtype is np.float32 else 1e-12
    )
    assert psnr(*wide, peak) == pytest.approx(
        peak_signal_noise_ratio(x, y, data_range=peak), abs=1e-7
    )


def test_ssim_of_channels_is_that_of_scikit_image():
    x, y = draw((30, 40, 3))
    planes = [np.moveaxis(each, -1, 0).astype(np.float64) for each in (x, y)]
    assert ssim(*planes, 255, 2) == pytest.approx(
        structural_similarity(x, y, channel_axis=-1), abs=1e-12
    )


def test_psnr_and_ssim_of_the_same():
    x = draw((20, 20))[0].astype(np.float64)
    assert (psnr(x, x, 255), ssim(x, x, 255, 2)) == (math.inf, 1)


def test_ssim_needs_a_window():
    assert math.isnan(ssim(np.zeros((6, 30)), np.zeros((6, 30)), 1, 2))


def test_what_is_no_number_is_left_out():
    x, y = (each.astype(np.float64) for each in draw((20, 30)))
    holed = x.copy()
    holed[:, 20:] = np.nan
    assert psnr(holed, y, 255) == pytest.approx(psnr(x[:, :20], y[:, :20], 255))
    assert ssim(holed, y, 255, 2) == pytest.approx(ssim(x[:, :20], y[:, :20], 255, 2))
    lines = np.stack([x[0], np.full(30, np.inf), x[1]])
    assert aliased([(lines, 2)]) == pytest.approx(aliased([(x[:2], 2)]))


def slow_aliased(lines, stride):
    """The definition, term by term."""
    high = whole = 0.0
    for line in lines:
        n, mean = len(line), sum(line) / len(line)
        window = [0.5 - 0.5 * math.cos(2 * math.pi * i / (n - 1)) for i in range(n)]
        for k in range(1, n):
            wave = sum(
                (line[i] - mean) * window[i] * cmath.exp(-2j * math.pi * k * i / n)
                for i in range(n)
            )
            whole += abs(wave) ** 2
            if min(k, n - k) / n > 1 / (2 * stride) + 1e-12:
                high += abs(wave) ** 2
    return 100 * high / whole


@pytest.mark.parametrize(("length", "stride"), [(24, 2), (24, 4), (21, 3), (30, 5), (17, 1)])
def test_aliased_is_its_definition(length, stride):
    lines = np.random.default_rng(stride).normal(3, 1, (4, length))
    assert aliased([(lines, stride)]) == pytest.approx(
        slow_aliased(lines.tolist(), stride), abs=1e-9
    )


def test_aliased_of_several_axes_adds_their_energies():
    one, other = np.random.default_rng(1).normal(0, 1, (2, 5, 24))
    both = aliased([(one, 2), (other, 2)])
    assert both == pytest.approx(aliased([(np.concatenate([one, other]), 2)]))


def test_nothing_aliases_without_energy_or_stride():
    assert aliased([(np.full((3, 16), 7.0), 4)]) == 0
    assert aliased([(np.random.default_rng(0).normal(0, 1, (3, 16)), 1)]) == 0


def test_shift_change_is_its_definition():
    pairs = [tuple(np.random.default_rng(seed).normal(0, 2, (2, 6, 5))) for seed in (1, 2)]
    squares = [
        (a - b) ** 2
        for pair in pairs
        for a, b in zip(*(each.ravel().tolist() for each in pair), strict=True)
    ]
    expected = 100 * math.sqrt(sum(squares) / len(squares)) / np.std(pairs[0][0])
    assert shift_change(pairs) == pytest.approx(expected)
    assert shift_change([(np.ones(4), np.ones(4))]) == 0
    assert shift_change([(np.ones(4), np.zeros(4))]) == math.inf


# A whole comparison, step by step, without poolcli.


def blocks(x, k):
    """The mean of blocks along both axes, to the nearest integer as an image keeps it."""
    return np.rint(x.reshape(x.shape[0] // k, k, x.shape[1] // k, k).mean((1, 3)))


def between(small, k):
    """Bilinear interpolation to k times the size, pixel centres at .5, to the nearest integer."""
    for axis, size in enumerate(small.shape):
        at = (np.arange(size * k) + 0.5) / k - 0.5
        small = np.apply_along_axis(
            lambda line, at=at: np.interp(at, np.arange(len(line)), line), axis, small
        )
    return np.rint(small)


def test_a_result_has_the_measures_of_the_definition():
    x = draw((32, 48), seed=3)[1]
    (result,) = compare(FeatureMap(x, "HW", Picture("L")), [poolcli.parse("avg -k 4")])
    back = between(blocks(x, 4), 4)
    assert result.psnr == pytest.approx(peak_signal_noise_ratio(x, back, data_range=255))
    assert result.ssim == pytest.approx(structural_similarity(x, back.astype(np.uint8)))
    np.testing.assert_array_equal(result.enlarged.data, np.kron(blocks(x, 4), np.ones((4, 4))))
    np.testing.assert_allclose(result.difference.data, abs(x - back))
    down, along = (np.empty((32, 12)), np.empty((8, 48)))
    for by in range(4):
        down[by::4] = blocks(np.roll(x, -by, 0), 4)
        along[:, by::4] = blocks(np.roll(x, -by, 1), 4)
    lines = [*down.T.tolist()], along.tolist()
    (high, whole), (more, rest) = (
        (slow_aliased(each, 4) * energy(each), energy(each)) for each in lines
    )
    assert result.aliased == pytest.approx((high + more) / (whole + rest))
    changes = [
        (between(blocks(np.roll(x, 1, axis), 4), 4) - np.roll(back, 1, axis)) ** 2
        for axis in (0, 1)
    ]
    assert result.shift_change == pytest.approx(100 * math.sqrt(np.mean(changes)) / np.std(back))


def energy(lines):
    """The energy of lines under their window, but that of the mean: by Parseval, without a transform."""
    total = 0.0
    for line in lines:
        n, mean = len(line), sum(line) / len(line)
        seen = [
            (x - mean) * (0.5 - 0.5 * math.cos(2 * math.pi * i / (n - 1)))
            for i, x in enumerate(line)
        ]
        total += n * sum(x * x for x in seen) - sum(seen) ** 2
    return total


@pytest.mark.parametrize(
    ("x", "facts"),
    [(np.ones((16, 16)), (math.inf, 1, 0, 0)), (np.full((16, 16), np.nan), (math.nan,) * 4)],
)
def test_maps_with_nothing_to_see(x, facts):
    (result,) = measured(x, "avg -k 2")
    told = (result.psnr, result.ssim, result.aliased, result.shift_change)
    np.testing.assert_array_equal(told, facts)


def test_infinities_are_left_out():
    x = np.random.default_rng(0).random((16, 16))
    x[3, 3], x[9, 9] = np.inf, -np.inf
    (result,) = measured(x, "max -k 2")
    assert all(map(math.isfinite, (result.psnr, result.ssim, result.shift_change)))


def measured(x, *texts):
    return compare(as_map(x), list(map(poolcli.parse, texts)))


def test_a_filter_before_sampling_aliases_less_and_is_steadier():
    x = np.random.default_rng(0).normal(0, 1, (64, 64))
    sample, blur, wide = measured(x, "sample -s 4", "blur --filter 3 -s 4", "blur --filter 7 -s 4")
    assert sample.aliased > blur.aliased > wide.aliased
    assert sample.shift_change > blur.shift_change > wide.shift_change
    assert 60 < sample.aliased < 90  # of white noise three quarters lie above a quarter of the band


def test_what_is_known_of_a_wave():
    """Every second pixel of the fastest wave is a constant; a mean of two removes it."""
    wave = np.tile([0.0, 8.0], 32)
    sample, mean = measured(wave, "sample -s 2", "avg -k 2")
    assert (sample.aliased, mean.aliased) == (pytest.approx(100, abs=1e-4), 0)
    assert (sample.shift_change, mean.shift_change) == (math.inf, 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("avg --adaptive 5", "uneven cells"),
        ("avg -k 4 | restore", "enlarged"),
        ("avg --global", "one cell"),
    ],
)
def test_aliasing_is_not_told_where_it_is_not_defined(text, why):
    (result,) = measured(np.random.default_rng(0).normal(0, 1, (72, 72)), text)
    assert math.isnan(result.aliased), why
    assert not math.isnan(result.psnr)


def test_colours_count_as_far_as_they_show():
    """Under alpha 0 a colour is nothing."""
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:8, :, 3] = 0
    hidden = pixels.copy()
    hidden[:8, :, 0] = np.random.default_rng(0).integers(0, 255, (8, 16))
    facts = [
        compare(FeatureMap(one, "HWC", Picture("RGBA")), [poolcli.parse("sample -s 2")])[0]
        for one in (pixels, hidden)
    ]
    assert facts[0].psnr == facts[1].psnr
    assert facts[0].ssim == facts[1].ssim
