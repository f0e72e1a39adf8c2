"""Weighted sums of the pixels of boxes, in the order of additions that `Backend.weigh` defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from poolcli.engine.backend import BoxWeights
from poolcli.maps.array import Array

Shares = Sequence[tuple[slice, Array]]  # for each cell, the pixels of its box and their weights


def weigh(x: Array, out: Array, rows: BoxWeights, columns: BoxWeights) -> None:
    """Weighted sums of the pixels of boxes: see `Backend.weigh`."""
    map_columns = np.array(x.transpose(1, 0, 2), np.float64, order="C")
    boxes = zip(out, rows.firsts, columns.firsts, _shares(rows), _shares(columns), strict=True)
    for cells, top, left, down, across in boxes:
        bottom = top + max(pixels.stop for pixels, _ in down)
        sums = _weighted_sums(map_columns[left:, top:bottom], across)  # (columns, height, C)
        sums = _weighted_sums(sums.transpose(1, 0, 2), down)  # (rows, columns, C)
        cells[...] = sums.transpose(2, 0, 1) + 0.0  # as a sum from 0 on, it is not -0


def _shares(side: BoxWeights) -> Iterator[Shares]:
    """For each box, the weights of each cell from the first that is not 0 to the last."""
    is_share = side.weights != 0
    width = side.weights.shape[-1]
    stops = np.where(is_share.any(axis=-1), width - is_share[..., ::-1].argmax(axis=-1), 0)
    for box in zip(is_share.argmax(axis=-1).tolist(), stops.tolist(), side.weights, strict=True):
        yield [
            (slice(first, stop), weights[first:stop, None, None])
            for first, stop, weights in zip(*box, strict=True)
        ]


def _weighted_sums(lines: Array, shares: Shares) -> Array:
    """The sum of lines times their weights for each cell, one after another."""
    sums = np.empty((len(shares), *lines.shape[1:]))
    scratch = np.empty((max(len(weights) for _, weights in shares), *lines.shape[1:]))
    for total, (pixels, weights) in zip(sums, shares, strict=True):
        products = np.multiply(lines[pixels], weights, out=scratch[: len(weights)])
        if total.size > 1:
            np.add.reduce(products, axis=0, out=total)
        else:  # NumPy would add single numbers up in parts
            total[...] = 0
            for product in products:
                np.add(total, product, out=total)
    return sums
