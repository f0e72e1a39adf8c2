"""Pooling with a kernel of fixed weights."""

from __future__ import annotations

from functools import partial, reduce

import numpy as np

from poolcli.engine.reducers.reducer import Values, Weighted
from poolcli.engine.windows.place import per_axis
from poolcli.errors import ShapeError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.maps.frame import Size

Weights = Array | str  # an array of the kernel's shape, or "gaussian"


def weighted(
    values: Values,  # noqa: ARG001 - as every reducer is made
    *,
    weights: Weights,
    kernel: Size | None,
    no_normalize: bool,
) -> Weighted:
    """The sum of weights times pixels, divided by the weights of those that count unless
    `no_normalize`.

    Pixels are added in the order of the taps, from 0 on, in float64. The weights "gaussian" are a
    product of some for each axis: pixels are summed along the first axis, these sums along the
    next, and so on. A tap of weight 0 is not read, so that a NaN under it does not spread. Kernels
    are not flipped: this is the cross-correlation of neural networks.

    Source: PyTorch Conv2d with groups = channels; OpenCV getGaussianKernel for the weights
    "gaussian".
    """
    _check(weights, normalizes=not no_normalize)
    return Weighted(partial(_kernels, weights, kernel), normalizes=not no_normalize)


def _kernels(weights: Weights, kernel: Size | None, axes: int) -> tuple[Array, ...]:
    """One kernel, or one along each axis."""
    if not isinstance(weights, str):
        return (weights.astype(np.float64),)
    bells = map(_gaussian, per_axis("kernel", kernel_of(weights, kernel), axes))
    shapes = np.where(np.eye(axes, dtype=bool), -1, 1).tolist()
    return tuple(bell.reshape(shape) for bell, shape in zip(bells, shapes, strict=True))


def kernel_of(weights: Weights, kernel: Size | None) -> Size:
    """The size of the windows: that of the weights, or `kernel` (default 3) for a Gaussian."""
    if isinstance(weights, str):
        return kernel or (3,)
    if kernel and per_axis("kernel", kernel, weights.ndim) != weights.shape:
        raise ShapeError(
            f"`kernel` {kernel} is not the shape {weights.shape} of `weights`: leave it out"
        )
    return weights.shape


def weights_of(weights: Weights, kernel: Size | None, taps: tuple[slice, ...]) -> Array:
    """The weights of these taps of the kernel along each axis, flattened.

    >>> weights_of(np.array([[1, 2], [3, 4]]), None, (slice(1, 2), slice(0, 2))).tolist()
    [3.0, 4.0]
    """
    if not isinstance(weights, str):
        return weights.astype(np.float64)[taps].ravel()
    sizes = per_axis("kernel", kernel_of(weights, kernel), len(taps))
    bells = [_gaussian(size)[part] for size, part in zip(sizes, taps, strict=True)]
    product: Array = reduce(np.multiply.outer, bells)
    return product.ravel()


def _gaussian(size: int) -> Array:
    """A bell of sigma 0.3 ((k - 1) / 2 - 1) + 0.8. Source: OpenCV getGaussianKernel."""
    sigma = 0.3 * ((size - 1) / 2 - 1) + 0.8
    bell: Array = np.exp(-np.square((np.arange(size) - (size - 1) / 2) / sigma) / 2)
    return bell


def _check(weights: Weights, *, normalizes: bool) -> None:
    if isinstance(weights, str):
        return
    if not np.isfinite(weights).all():
        raise ValueRuleError("`weights` holds NaN or infinity: weights are finite")
    if normalizes and weights.sum() == 0:
        raise ValueRuleError(
            "`weights` sum to 0, and nothing is divided by that: give `no_normalize`"
        )
