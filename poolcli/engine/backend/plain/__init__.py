"""The verbs in NumPy: short functions over views of one block, for every dtype and every merge."""

from typing import Any

import numpy as np

from poolcli.engine.backend.plain.fold_axes import fold, mean
from poolcli.engine.backend.plain.select_values import mode, select
from poolcli.engine.backend.plain.weighted_boxes import weigh
from poolcli.engine.reducers.reducer import Reduction

__all__ = ["fold", "fold_index", "mean", "mode", "select", "tiles", "weigh"]


def fold_index(*_: object) -> bool:
    """Leave it to the caller, who has the same way for all reducers: see `Backend.fold_index`."""
    return False


def tiles(reduction: Reduction, dtype: np.dtype[Any]) -> bool:  # noqa: ARG001 - see `Backend.tiles`
    """A block is worked on as a whole."""
    return False
