"""The verbs in NumPy: short functions over views of one block, for every dtype and every merge."""

from poolcli.engine.backend.plain.fold_axes import fold, mean
from poolcli.engine.backend.plain.select_values import mode, select

__all__ = ["fold", "mean", "mode", "select"]
