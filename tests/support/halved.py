"""Planes cut in blocks of 2 by 2."""


def halves(x):
    """The blocks of 2 by 2 of the last two axes: the axes -3 and -1 are inside a block."""
    height, width = x.shape[-2] // 2, x.shape[-1] // 2
    return x[..., : 2 * height, : 2 * width].reshape(*x.shape[:-2], height, 2, width, 2)
