"""The verbs in NumPy: short functions over views of one block, for every dtype and every merge."""

from typing import Any

import numpy as np

from poolcli.engine.backend.plain.correlated import correlate
from poolcli.engine.backend.plain.fold_axes import fold, mean
from poolcli.engine.backend.plain.select_values import mode, select
from poolcli.engine.backend.plain.weighted_boxes import weigh
from poolcli.engine.reducers.merges import Power
from poolcli.engine.reducers.reducer import Reduction
from poolcli.engine.windows.grid import Grid
from poolcli.maps.array import Array

__all__ = [
    "correlate",
    "fold",
    "fold_index",
    "mean",
    "mode",
    "powers",
    "select",
    "spread",
    "tiles",
    "weigh",
]


def fold_index(*_: object) -> bool:
    """Leave it to the caller, who has the same way for all reducers: see `Backend.fold_index`."""
    return False


def powers(power: Power, x: Array, grid: Grid, out: Array | None = None) -> Array:
    """The sums of the powers of the pixels of every window: see `Backend.powers`."""
    return fold(np.add, power(x), grid, out)


def spread(*_: object) -> None:
    """Leave it to the caller, who has the same for all folds: see `Backend.spread`."""


def tiles(reduction: Reduction, dtype: np.dtype[Any]) -> bool:  # noqa: ARG001 - see `Backend.tiles`
    """A block is worked on as a whole."""
    return False
