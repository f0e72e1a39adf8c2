"""Pictures with noise, and what their measures are by definition."""

import cmath
import math

import numpy as np
import pytest


def draw(shape, dtype=np.uint8, seed=0):
    """A smooth picture, and the same with noise."""
    rng = np.random.default_rng(seed)
    waves = sum(np.cos(0.3 * (n + 1) * line) for n, line in enumerate(np.indices(shape)))
    clean = (waves - waves.min()) / np.ptp(waves)
    noisy = np.clip(clean + rng.normal(0, 0.1, shape), 0, 1)
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 5
    return (clean * top).astype(dtype), (noisy * top).astype(dtype)


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


def skimage_metrics():
    """scikit-image's measures, or the test is skipped."""
    return pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
