"""Pooling with a kernel of fixed weights."""

from __future__ import annotations

from functools import reduce

import numpy as np

from poolcli.engine.reducers.folds import Gather, Values, Window
from poolcli.engine.windows.grid import spread
from poolcli.errors import ShapeError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.frame import Size
from poolcli.pipeline.files import FileArray

Weights = str | FileArray


def weighted(
    values: Values, *, weights: Weights, kernel: Size | None, no_normalize: bool
) -> Gather:  # noqa: ARG001
    """The sum of weights times pixels, divided by the weights of those that count.

    A tap of weight 0 is not looked at. Kernels are not turned round (as in every neural network).
    """
    _check(weights, no_normalize)

    def choose(window: Window) -> Array:
        taps = clipped(weights, kernel, window.taps)
        total, share = np.zeros(()), np.zeros(())
        for tap in np.flatnonzero(taps):
            weight: Array = taps[tap]
            if window.weights is not None:
                heavy = window.weights[..., tap]
                weight = weight * ((heavy > 0) if no_normalize else heavy)
            total = total + weight * window.values[..., tap]
            share = share + weight
        return total if no_normalize else total / share

    return Gather(choose, np.dtype(np.float64))


def kernel_of(weights: Weights, kernel: Size | None) -> Size:
    """The size of the windows: that of the weights, or what --kernel says of a Gaussian."""
    if isinstance(weights, str):
        return kernel or (3,)
    shape = weights.array.shape
    if kernel and spread("kernel", kernel, len(shape)) != shape:
        raise ShapeError(
            f"--kernel {kernel} is not the shape {shape} of --weights {weights.text}: leave it out"
        )
    return shape


def clipped(weights: Weights, kernel: Size | None, taps: tuple[slice, ...]) -> Array:
    """The weights that a clipped window holds, in a row."""
    if isinstance(weights, FileArray):
        return weights.array.astype(np.float64)[taps].ravel()
    sizes = spread("kernel", kernel_of(weights, kernel), len(taps))
    lines = [_gaussian(size)[part] for size, part in zip(sizes, taps, strict=True)]
    whole: Array = reduce(np.multiply.outer, lines)
    return whole.ravel()


def _gaussian(size: int) -> Array:
    """A bell of sigma 0.3 ((k - 1) / 2 - 1) + 0.8. Source: OpenCV getGaussianKernel."""
    sigma = 0.3 * ((size - 1) / 2 - 1) + 0.8
    bell: Array = np.exp(-np.square((np.arange(size) - (size - 1) / 2) / sigma) / 2)
    return bell


def _check(weights: Weights, no_normalize: bool) -> None:  # noqa: FBT001 - two options
    """Refuse weights that cannot weigh."""
    if isinstance(weights, str):
        return
    if not np.isfinite(weights.array).all():
        raise ValueRuleError(f"--weights {weights.text} holds NaN or infinity: weights are finite")
    if not no_normalize and weights.array.sum() == 0:
        raise ValueRuleError(
            f"--weights {weights.text} sum to 0, and nothing is divided by that: give --no-normalize"
        )
