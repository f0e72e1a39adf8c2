"""Which function of the engine computes an operation.

The table does not import this module, so that help needs no NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from poolcli.engine.reducers import folds

if TYPE_CHECKING:
    from poolcli.engine.operations.operation import Operation

# Each takes the values it may rely on, and the row's own parameters as keywords.
FOLDS: Mapping[str, Callable[..., Any]] = {
    "max": folds.max,
    "min": folds.min,
    "sum": folds.sum,
    "avg": folds.avg,
    "range": folds.range,
    "std": folds.std,
    "l2": folds.l2,
    "lp": folds.lp,
    "lp_of_mean": folds.lp_of_mean,
    "gem": folds.gem,
    "lse": folds.lse,
    "soft": folds.soft,
    "mixed": folds.mixed,
    "sample": folds.sample,
}


def reducer_function(name: str) -> Callable[..., Any]:
    """Return the engine's function that makes the reducer of this name."""
    if name in FOLDS:
        return FOLDS[name]
    if name == "weighted":
        from poolcli.engine.reducers.weighted import weighted

        return weighted
    from poolcli.engine.reducers import gathers

    functions: Mapping[str, Callable[..., Any]] = {
        "median": gathers.median,
        "quantile": gathers.quantile,
        "mode": gathers.mode,
        "stochastic": gathers.stochastic,
    }
    return functions[name]


def operation_function(name: str) -> Callable[..., Operation]:
    """Return the engine's function that makes the operation of this name, which pools no cells."""
    if name == "blur":
        from poolcli.engine.operations.blur import blur

        return blur
    if name == "restore":
        from poolcli.engine.operations.restore import restore

        return restore
    if name == "unpool":
        from poolcli.engine.operations.unpool import unpool

        return unpool
    from poolcli.engine.operations import roi_align

    functions = {
        "roi-align": roi_align.roi_align,
        "roi_align_of_corners": roi_align.roi_align_of_corners,
    }
    return functions[name]
