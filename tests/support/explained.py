"""A map whose cells are explained, and kinds of windows to explain them under."""

import numpy as np

import poolcli
from poolcli.analysis.explanation.explanation import explain
from poolcli.pipeline.pipeline import as_map

X = np.random.default_rng(3).integers(1, 30, (2, 3, 9, 11)).astype(np.float64) / 4
GRIDS = [  # of which the twin has the windows, too
    "-k 3 -s 2",
    "-k 3 -s 2 -p 1",
    "-k 2 -d 3 -p 1",
    "-k 4 -s 3 --ceil-mode",
    "-k 3 -s 2 -p same-lower",
    "-k 3 -s 2 -p 2 --border reflect",
    "--adaptive 4x3",
    "--global",
]
WINDOWS = [
    *GRIDS,
    "-k 3 -s 2 -p 2 --border 5:wrap",
    "-k 5 -s 2 -p 2 --footprint ring",
    "--fractional 3 -k 2",
    "--levels 1,3",
    "--boxes [[0,-2,1,5,4],[1,3,3,20,8]] --output-size 2x3",
]


def explained(text, x, at, layout=None):
    """The explanation of a cell of a pipeline's result."""
    return explain(poolcli.parse(text), as_map(x, layout), at)


def places(shape):
    """The first, the middle and the last of a result, and one beside a border."""
    yield from {tuple(size * part // 4 for size in shape) for part in (0, 2)}
    yield tuple(size - 1 for size in shape)
    yield *(0 for _ in shape[1:]), shape[-1] - 1
