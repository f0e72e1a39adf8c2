"""Measures of what pooling loses: a function each, with its formula, unit and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf, log10, nan, prod, sqrt

import numpy as np

from poolcli.maps.array import Array
from poolcli.pipeline.parser import parse

PART = 1 << 18  # values computed at a time: 2 MB of float64, which a second-level cache holds
WINDOW = 7  # pixels along each axis of SSIM's windows, as in scikit-image
WINDOW_MEANS = parse(f"avg -k {WINDOW} -s 1")


def psnr(x: Array, y: Array, peak: float) -> float:
    """The peak signal-to-noise ratio of y against x, in dB: 10 log10(peak^2 / mean (x - y)^2);
    infinite for equal arrays.

    `peak` is the range that values may have. Pixels that are not finite in both are left out.
    Source: Huynh-Thu, Ghanbari 2008; scikit-image peak_signal_noise_ratio.

    >>> round(psnr(np.array([0, 0]), np.array([0, 10]), 255), 2)
    31.14
    """
    error = _mean(_squares(x, y))
    return inf if error == 0 else 10 * log10(peak**2 / error)


def ssim(x: Array, y: Array, peak: float, axes: int) -> float:
    """The structural similarity of x and y, from -1 to 1 (equal).

    (2 m_x m_y + c1) (2 c_xy + c2) / ((m_x^2 + m_y^2 + c1) (v_x + v_y + c2)), with the means, sample
    variances and covariance of windows of 7 pixels on each of the last `axes` axes, c1 = (0.01
    peak)^2, c2 = (0.03 peak)^2; the mean over the windows that lie inside a plane and hold finite
    values, then over the planes. NaN where an axis is shorter than a window.
    Source: Wang, Bovik, Sheikh, Simoncelli 2004; scikit-image structural_similarity.

    >>> square = np.arange(64).reshape(8, 8)
    >>> ssim(square, square, 63, 2)
    1.0
    """
    space = x.shape[-axes:]
    if min(space) < WINDOW:
        return nan
    planes = zip(x.reshape(-1, *space), y.reshape(-1, *space), strict=True)
    return _mean([np.array([_mean(_similarities(one, other, peak)) for one, other in planes])])


def aliased(lines: Sequence[tuple[Array, int]]) -> float:
    """The share of energy above the Nyquist limit of the result, in percent, which aliases.

    A pooling of stride s is one of stride 1 (dense) that is then subsampled by s. `lines` are pairs
    of such dense results, along their last axis, and of s: 100 sum |F(f)|^2 over |f| > 1 / (2 s)
    cycles a pixel / sum |F(f)|^2 over f != 0, summed over all lines, F being the Fourier transform
    of a line without its mean, under a Hann window. Lines with a value that is not finite are left
    out; NaN where no line is left.
    Source: Zhang 2019 (dense pooling, then subsampling); Oppenheim, Schafer (aliasing).

    >>> aliased([(np.cos(np.pi * np.arange(64)), 4)]) > 99.99
    True
    """
    if not any(np.isfinite(dense).all(-1).any() for dense, _ in lines):
        return nan
    high = whole = 0.0
    for dense, stride in lines:
        length = dense.shape[-1]
        energy = sum(map(_energy, _parts(dense.reshape(-1, length))), np.zeros(length))
        waves = np.minimum(np.arange(length), length - np.arange(length))  # in the whole line
        high += energy[2 * stride * waves > length].sum()
        whole += energy[1:].sum()
    return float(100 * high / whole) if whole else 0.0


def shift_change(pairs: Sequence[tuple[Array, Array]]) -> float:
    """How much the result changes, beyond moving along, when the input moves by a pixel, in
    percent.

    100 sqrt(mean (R(T x) - T R(x))^2) / std R(x): R pools and restores, T moves by a pixel. `pairs`
    are T R(x) and R(T x) for each axis. 0 is perfect shift equivariance; 0 for a result that is
    constant.
    Source: after Zhang 2019, section 3.1 (shift equivariance).

    >>> wave = np.array([0, 1, 0, 1])
    >>> shift_change([(wave, wave)]), shift_change([(wave, 1 - wave)])
    (0.0, 200.0)
    """
    change = _mean(square for pair in pairs for square in _squares(*pair))
    if change == 0:
        return 0.0
    moved = pairs[0][0]
    mean = np.broadcast_to(_mean(_parts(moved.ravel())), moved.shape)
    variance = _mean(_squares(moved, mean))
    return 100 * sqrt(change / variance) if variance else inf


def _similarities(x: Array, y: Array, peak: float) -> Iterator[Array]:
    """SSIM of every window of a plane, some rows at a time."""
    rows = max(1, PART // prod(x.shape[1:]))
    for top in range(0, len(x) - WINDOW + 1, rows):
        band = slice(top, top + rows + WINDOW - 1)
        with np.errstate(invalid="ignore"):
            similarity = _similarity(x[band].astype(np.float64), y[band].astype(np.float64), peak)
        yield similarity


def _similarity(x: Array, y: Array, peak: float) -> Array:
    """SSIM of every window."""
    mean_x, mean_y, pixels = _means(x), _means(y), WINDOW**x.ndim
    sample = pixels / (pixels - 1)  # from population to sample variance
    variance_x = sample * (_means(x * x) - mean_x**2)
    variance_y = sample * (_means(y * y) - mean_y**2)
    covariance = sample * (_means(x * y) - mean_x * mean_y)
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    numerator = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity: Array = numerator / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2))
    return similarity


def _means(plane: Array) -> Array:
    """The mean of every window inside a plane of one to three axes."""
    means: Array = WINDOW_MEANS(plane, "DHW"[-plane.ndim :])
    return means


def _energy(lines: Array) -> Array:
    """The energy at each frequency, summed over the lines whose values are finite."""
    finite = lines[np.isfinite(lines).all(-1)]
    centred = finite - finite.mean(-1, keepdims=True)
    spectra = np.fft.fft(centred * np.hanning(lines.shape[-1]))
    energy: Array = (np.abs(spectra) ** 2).sum(0)
    return energy


def _squares(x: Array, y: Array) -> Iterator[Array]:
    """(x - y)^2, part by part."""
    for a, b in zip(_parts(x.ravel()), _parts(y.ravel()), strict=True):
        with np.errstate(invalid="ignore"):
            square = (a.astype(np.float64) - b) ** 2
        yield square


def _parts(array: Array) -> list[Array]:
    """An array in parts along its first axis, of about PART values."""
    return np.array_split(array, -(-array.size // PART))


def _mean(parts: Iterable[Array]) -> float:
    """The mean of the finite values of all parts, NaN without any."""
    total, count = 0.0, 0
    for part in parts:
        finite = part[np.isfinite(part)]
        total, count = total + float(finite.sum(dtype=np.float64)), count + finite.size
    return total / count if count else nan
