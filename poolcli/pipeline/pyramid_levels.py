"""The windows of the levels of a pyramid: which sizes they have, and how many levels there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice

from poolcli.errors import ShapeError
from poolcli.maps.frame import Size
from poolcli.maps.layout import shape_words

_MOST = 64  # levels that no array can have


def powers(kernel: Size) -> Iterator[Size]:
    """The kernel of each level, without end: the power of that of the first.

    >>> from itertools import islice
    >>> list(islice(powers((1, 2, 2)), 3))
    [(1, 2, 2), (1, 4, 4), (1, 8, 8)]
    """
    return (tuple(size**level for size in kernel) for level in count(1))


def towards_isotropy(sizes: Sequence[float]) -> Iterator[Size]:
    """The kernel of each level, without end, for pixels of these sizes.

    A level doubles the pixels along an axis, unless these are at least the square root of 2 times
    as large as the smallest ones: then they are nearer to the doubled ones as they are.

    >>> from itertools import islice
    >>> list(islice(towards_isotropy((2.0, 0.5, 0.5)), 4))
    [(1, 2, 2), (1, 4, 4), (2, 8, 8), (4, 16, 16)]
    """
    kernel = (1,) * len(sizes)
    while True:
        pixels = [size * by for size, by in zip(sizes, kernel, strict=True)]
        least = min(pixels)
        kernel = tuple(
            by if pixel**2 >= 2 * least**2 else 2 * by
            for by, pixel in zip(kernel, pixels, strict=True)
        )
        yield kernel


def until_small(kernels: Iterator[Size], space: Size, side: int) -> Iterator[Size]:
    """The kernels up to the first level whose height and width are at most `side`, one at least.

    >>> list(until_small(powers((2,)), (40, 1000, 300), 256))
    [(2,), (4,)]
    """
    for kernel in islice(kernels, _MOST):
        yield kernel
        each = kernel if len(kernel) > 1 else kernel * len(space)
        cells = [-(-size // by) for size, by in zip(space, each, strict=False)]
        if max(cells[-2:]) <= side:
            return
    raise ShapeError(
        f"`smallest` {side}: no level of {shape_words(space)} is so small with these kernels: "
        "give a `kernel` that pools height and width"
    )
