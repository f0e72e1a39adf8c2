"""What is lost when a map is pooled: each measure one function, with its formula, its unit and its source."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log10, nan, sqrt

import numpy as np

from poolcli.array import Array
from poolcli.recipe import parse

WINDOW = 7  # pixels on each axis that SSIM sees at once
EVERYWHERE = parse(f"avg -k {WINDOW} -s 1")


def psnr(x: Array, y: Array, peak: float) -> float:
    """How near y is to x, in dB: 10 log10(peak^2 / mean (x - y)^2); infinite where they are the same.

    `peak` is the range that values can have. Pixels that are not finite in both are left out.
    Source: Huynh-Thu, Ghanbari 2008; scikit-image peak_signal_noise_ratio.

    >>> round(psnr(np.array([0.0, 0.0]), np.array([0.0, 10.0]), 255), 2)
    31.14
    """
    error = _mean((x - y) ** 2)
    return inf if error == 0 else 10 * log10(peak**2 / error) if peak else nan


def ssim(x: Array, y: Array, peak: float, axes: int) -> float:
    """How alike x and y are in brightness, contrast and structure, from -1 to 1 (the same).

    (2 m_x m_y + c1) (2 c_xy + c2) / ((m_x^2 + m_y^2 + c1) (v_x + v_y + c2)), with the means, sample variances and
    covariance of windows of 7 pixels on each of the last `axes` axes, c1 = (0.01 peak)^2, c2 = (0.03 peak)^2; the mean
    over the windows that lie inside a plane and hold finite values, then over the planes. NaN where an axis is shorter
    than a window.
    Source: Wang, Bovik, Sheikh, Simoncelli 2004; scikit-image structural_similarity.

    >>> square = np.arange(64.0).reshape(8, 8)
    >>> ssim(square, square, 63, 2)
    1.0
    """
    space = x.shape[-axes:]
    if min(space) < WINDOW:
        return nan
    planes = zip(x.reshape(-1, *space), y.reshape(-1, *space), strict=True)
    return _mean(np.array([_mean(_likeness(one, other, peak)) for one, other in planes]))


def aliased(lines: Sequence[tuple[Array, int]]) -> float:
    """The share of energy kept above the new Nyquist limit, in percent: it aliases as only every s-th result stays.

    A pooling of stride s is one of stride 1 (dense) of which every s-th result stays. `lines` are pairs of such dense
    results, along their last axis, and of s: 100 sum |F(f)|^2 over |f| > 1 / (2 s) cycles a pixel / sum |F(f)|^2 over
    f != 0, summed over all lines, F being the Fourier transform of a line without its mean, under a Hann window.
    Lines with a value that is not finite are left out. Source: Zhang 2019 (dense pooling, then subsampling);
    Oppenheim, Schafer (aliasing).

    >>> aliased([(np.cos(np.pi * np.arange(64.0)), 4)]) > 99.99
    True
    """
    parts = [_energies(line[np.isfinite(line).all(-1)], stride) for line, stride in lines]
    high, whole = (sum(energy) for energy in zip(*parts, strict=True)) if parts else (0.0, 0.0)
    return 100 * high / whole if whole else 0.0


def shift_change(pairs: Sequence[tuple[Array, Array]]) -> float:
    """How much the result changes, beyond moving along, when the input moves by one pixel, in percent.

    100 sqrt(mean (R(T x) - T R(x))^2) / std R(x): R pools and restores, T moves by a pixel. `pairs` are T R(x) and
    R(T x) for each axis. 0 is perfect shift equivariance; 0 for a result that is constant.
    Source: after Zhang 2019, section 3.1 (shift equivariance).

    >>> wave = np.array([0.0, 1.0, 0.0, 1.0])
    >>> shift_change([(wave, wave)]), shift_change([(wave, 1 - wave)])
    (0.0, 200.0)
    """
    change = _mean(np.stack([(moved - other) ** 2 for moved, other in pairs]))
    spread = _mean((pairs[0][0] - _mean(pairs[0][0])) ** 2)
    return 0.0 if change == 0 else 100 * sqrt(change / spread) if spread else inf


def _energies(lines: Array, stride: int) -> tuple[float, float]:
    """The energy above the new Nyquist limit, and all but that of the mean."""
    length = lines.shape[-1]
    away = lines - lines.mean(-1, keepdims=True)
    energy = np.abs(np.fft.fft(away * np.hanning(length))) ** 2
    total = energy.reshape(-1, length).sum(0)
    waves = np.minimum(np.arange(length), length - np.arange(length))
    return float(total[2 * stride * waves > length].sum()), float(total[1:].sum())


def _likeness(x: Array, y: Array, peak: float) -> Array:
    """SSIM of every window."""
    mean_x, mean_y, pixels = _means(x), _means(y), WINDOW**x.ndim
    sample = pixels / (pixels - 1)
    spread_x, spread_y = sample * (_means(x * x) - mean_x**2), sample * (_means(y * y) - mean_y**2)
    together = sample * (_means(x * y) - mean_x * mean_y)
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    with np.errstate(invalid="ignore"):
        alike = (2 * mean_x * mean_y + c1) * (2 * together + c2)
        likeness: Array = alike / ((mean_x**2 + mean_y**2 + c1) * (spread_x + spread_y + c2))
    return likeness


def _means(plane: Array) -> Array:
    """The mean of every window inside a plane of one to three axes."""
    means: Array = EVERYWHERE(plane, "DHW"[-plane.ndim :])
    return means


def _mean(values: Array) -> float:
    """The mean of the finite values, NaN where there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else nan
