"""The results of pipelines have the measures of their definition."""

import math

import numpy as np
import pytest
from noisy_pictures import draw, skimage_metrics, slow_aliased

import poolcli
from poolcli.analysis.comparison import measured_region
from poolcli.analysis.comparison.results import compare
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.picture import Picture
from poolcli.pipeline.pipeline import as_map


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
    metrics = skimage_metrics()
    x = draw((32, 48), seed=3)[1]
    fmap = FeatureMap(x, "HW", Picture("L"))
    (result,) = compare("x", fmap, [poolcli.parse("avg -k 4")]).results
    back = between(blocks(x, 4), 4)
    assert result.psnr == pytest.approx(metrics.peak_signal_noise_ratio(x, back, data_range=255))
    assert result.ssim == pytest.approx(metrics.structural_similarity(x, back.astype(np.uint8)))
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
    """The energy of lines under their window, but that of the mean: by Parseval, without a
    transform.
    """
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
    return compare("x", as_map(x), list(map(poolcli.parse, texts))).results


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
    maps = [FeatureMap(one, "HWC", Picture("RGBA")) for one in (pixels, hidden)]
    facts = [compare("x", one, [poolcli.parse("sample -s 2")]).results[0] for one in maps]
    assert facts[0].psnr == facts[1].psnr
    assert facts[0].ssim == facts[1].ssim


PIPELINES = (
    "max -k 4",
    "avg -k 3 -s 2 -p 1",
    "blur -s 2 | max -k 2",
    "avg --adaptive 9x11",
    "median -k 2 -s 1",
    "pyramid --op avg --levels 2",
    "fuse 'max -k 2' 'avg -k 2' --merge concat",
)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_middle_is_measured_of_large_maps(monkeypatch, rng, mode):
    """It has the same bits as in the results of the whole."""
    shape = (90, 120) if mode == "L" else (90, 120, len(mode))
    x = rng.integers(0, 256, shape, np.uint8)
    fmap = FeatureMap(x, "HW" if mode == "L" else "HWC", Picture(mode))
    pipelines = list(map(poolcli.parse, PIPELINES))
    whole = compare("x", fmap, pipelines)
    monkeypatch.setattr(measured_region, "MOST_VALUES", 4000 * x.size // (90 * 120))
    monkeypatch.setattr(measured_region, "SHORTEST", 8)
    part = compare("x", fmap, pipelines)
    assert (whole.where, part.where) == ("", "H 18:72, W 23:96")
    middle = np.s_[18:72, 23:96]
    np.testing.assert_array_equal(part.region.data, x[middle])
    assert len(part.results) == len(whole.results) == 5 + 2 + 2
    for one, other in zip(part.results, whole.results, strict=True):
        assert one.title == other.title
        np.testing.assert_array_equal(one.enlarged.data, other.enlarged.data[middle])
        np.testing.assert_array_equal(one.difference.data, other.difference.data[middle])
        assert one.psnr == pytest.approx(other.psnr, rel=0.05)
        assert math.isnan(one.aliased) == math.isnan(other.aliased)


def test_shift_change_of_a_region_is_its_definition(monkeypatch, rng):
    x = rng.normal(0, 1, (40, 60))
    monkeypatch.setattr(measured_region, "MOST_VALUES", 600)
    monkeypatch.setattr(measured_region, "SHORTEST", 4)
    (result,) = measured(x, "avg -k 2")

    def back(x):
        small = x.reshape(20, 2, 30, 2).mean((1, 3))
        for axis in (0, 1):
            at = (np.arange(small.shape[axis] * 2) + 0.5) / 2 - 0.5
            lines = np.moveaxis(small, axis, -1)
            new = [np.interp(at, np.arange(lines.shape[-1]), line) for line in lines]
            small = np.moveaxis(np.array(new), -1, axis)
        return small

    middle = np.s_[10:30, 15:45]
    changes = [
        ((back(np.roll(x, 1, axis)) - np.roll(back(x), 1, axis))[middle] ** 2) for axis in (0, 1)
    ]
    steady = np.roll(back(x), 1, 0)[middle]
    expected = 100 * math.sqrt(np.mean(changes)) / np.std(steady)
    assert result.shift_change == pytest.approx(expected)


def test_levels_and_joined_maps_are_compared_each(rng):
    x = rng.random((2, 32, 32))
    alone = measured(x, "avg -k 2", "avg -k 4", "max -k 2", "avg -k 2")
    found = measured(x, "pyramid --op avg --levels 2", "fuse 'max -k 2' 'avg -k 2' --merge concat")
    assert [each.title.rpartition(", ")[2] for each in found] == [
        "1 of 2",
        "2 of 2",
        "channels 0:2",
        "channels 2:4",
    ]
    for one, other in zip(found, alone, strict=True):
        assert (one.psnr, one.ssim, one.aliased) == (other.psnr, other.ssim, other.aliased)
        assert one.shift_change == other.shift_change


@pytest.mark.parametrize("op", ["max", "roi-align"])
def test_boxes_are_laid_over_their_places(rng, op):
    x = rng.random((1, 2, 40, 50))
    boxes = "'[[0, 4, 8, 20, 24], [0, 30, 30, 46, 38]]'"
    (result,) = measured(x, f"{op} --boxes {boxes} --output-size 8")
    shown = np.isfinite(result.enlarged.data[0, 0])
    assert shown[8:24, 4:20].all()
    assert shown[30:38, 30:46].all()
    edge = 1 if op == "max" else 0  # roi_pool includes the last pixel
    assert shown.sum() == (16 + edge) ** 2 + (8 + edge) * (16 + edge)
    assert math.isfinite(result.psnr)
    assert math.isfinite(result.shift_change)
    assert math.isnan(result.aliased)
