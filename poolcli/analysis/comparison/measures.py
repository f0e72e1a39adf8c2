"""Measures of what pooling loses: a function each, with its formula, unit and source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf, log10, nan, prod, sqrt
from typing import NamedTuple

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


class Ssim:
    """The structural similarity of arrays to one, from -1 to 1 (equal).

    (2 m_x m_y + c1) (2 c_xy + c2) / ((m_x^2 + m_y^2 + c1) (v_x + v_y + c2)), with the means, sample
    variances and covariance of windows of 7 pixels on each of the last `axes` axes, c1 = (0.01
    peak)^2, c2 = (0.03 peak)^2; the mean over the windows that lie inside a plane and hold finite
    values, then over the planes. NaN where an axis is shorter than a window.
    Source: Wang, Bovik, Sheikh, Simoncelli 2004; scikit-image structural_similarity.

    >>> square = np.arange(64).reshape(8, 8)
    >>> Ssim(square, 63, 2)(square)
    1.0
    """

    def __init__(self, x: Array, peak: float, axes: int) -> None:
        self._space = x.shape[-axes:]
        self._peak = peak
        self._bands = [] if min(self._space) < WINDOW else list(map(_moments, self._cut(x)))

    def __call__(self, y: Array) -> float:
        """The similarity of an array of the same shape."""
        if not self._bands:
            return nan
        of_planes: dict[int, list[Array]] = {}
        for band, moments in zip(self._cut(y), self._bands, strict=True):
            of_planes.setdefault(band.plane, []).append(_similarity(moments, band, self._peak))
        return _mean([np.array([_mean(each) for each in of_planes.values()])])

    def _cut(self, x: Array) -> Iterator[_Band]:
        """The planes in bands of some rows, with the rows that windows reach into."""
        rows = max(1, PART // prod(self._space[1:]))
        for plane, values in enumerate(x.reshape(-1, *self._space)):
            for top in range(0, len(values) - WINDOW + 1, rows):
                yield _Band(plane, values[top : top + rows + WINDOW - 1].astype(np.float64))


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
        waves = np.arange(length // 2 + 1)  # in the whole line
        energy = sum(map(_energy, _parts(dense.reshape(-1, length))), np.zeros(len(waves)))
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


class _Band(NamedTuple):
    """Some rows of a plane."""

    plane: int
    values: Array


class _Moments(NamedTuple):
    """The values of a band, and the mean and the population variance of every window."""

    values: Array
    mean: Array
    variance: Array


def _moments(band: _Band) -> _Moments:
    x = band.values
    with np.errstate(invalid="ignore"):
        mean = _means(x)
        return _Moments(x, mean, _means(x * x) - mean**2)


def _similarity(x: _Moments, band: _Band, peak: float) -> Array:
    """SSIM of every window of a band."""
    y = _moments(band)
    pixels = WINDOW**x.values.ndim
    sample = pixels / (pixels - 1)  # from population to sample variance
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    with np.errstate(invalid="ignore"):
        product = x.mean * y.mean
        covariance = sample * (_means(x.values * y.values) - product)
        numerator = (2 * product + c1) * (2 * covariance + c2)
        spread = sample * (x.variance + y.variance) + c2
        similarity: Array = numerator / ((x.mean**2 + y.mean**2 + c1) * spread)
    return similarity


def _means(plane: Array) -> Array:
    """The mean of every window inside a plane of one to three axes."""
    means: Array = WINDOW_MEANS(plane, "DHW"[-plane.ndim :])
    return means


def _energy(lines: Array) -> Array:
    """The energy at each frequency from 0 up, summed over the lines whose values are finite."""
    finite = lines[np.isfinite(lines).all(-1)]
    centred = finite - finite.mean(-1, keepdims=True)
    spectra = np.fft.rfft(centred * np.hanning(lines.shape[-1]))
    energy: Array = (spectra.real**2 + spectra.imag**2).sum(0)
    energy[1 : (lines.shape[-1] + 1) // 2] *= 2  # each stands for a negative frequency, too
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
