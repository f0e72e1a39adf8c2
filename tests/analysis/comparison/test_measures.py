"""Each measure is its definition, and that of scikit-image where it has it."""

import math

import numpy as np
import pytest
from noisy_pictures import draw, skimage_metrics, slow_aliased

from poolcli.analysis.comparison.measures import Ssim, aliased, psnr, shift_change


def ssim(x, y, peak, axes):
    return Ssim(x, peak, axes)(y)


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
    metrics = skimage_metrics()
    x, y = draw(shape, dtype)
    theirs = metrics.structural_similarity(x, y, data_range=peak)
    wide = x.astype(np.float64), y.astype(np.float64)
    assert ssim(*wide, peak, len(shape)) == pytest.approx(
        theirs, abs=2e-7 if dtype is np.float32 else 1e-12
    )
    assert psnr(*wide, peak) == pytest.approx(
        metrics.peak_signal_noise_ratio(x, y, data_range=peak), abs=1e-7
    )


def test_ssim_of_channels_is_that_of_scikit_image():
    metrics = skimage_metrics()
    x, y = draw((30, 40, 3))
    planes = [np.moveaxis(each, -1, 0).astype(np.float64) for each in (x, y)]
    assert ssim(*planes, 255, 2) == pytest.approx(
        metrics.structural_similarity(x, y, channel_axis=-1), abs=1e-12
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
