"""Pool images and feature maps: pick how a window becomes one number, pick the windows.

Functions
---------
pool
    Pool an array: ``poolcli.pool(x, "max", kernel=3, stride=2)``.
parse
    Make a pipeline from a text: ``poolcli.parse("max -k 3 -s 2 | avg --global")(x)``.
plan
    Shapes, receptive fields and memory of a pipeline, without values.
limits
    Limit threads and memory of the calls in a block: ``with poolcli.limits(threads=2): ...``.
load_plugin
    Load the reducers of a Python file: see `poolcli.plugins`.

Classes
-------
Pipeline, Step, Stage
    What `parse` returns, what it consists of, and a row of a plan.
PoolError
    The base of all errors; each is a ValueError, TypeError or OSError, too.

>>> import poolcli
>>> poolcli.pool([3, 1, 2, 5], "max", kernel=2)
array([3, 5])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolcli.errors import (
    DtypeError,
    FileError,
    OptionFileError,
    OptionTypeError,
    PoolError,
    RequestError,
    ShapeError,
    ValueRuleError,
)

if TYPE_CHECKING:
    from poolcli.api import Pipeline, Stage, Step, limits, load_plugin, parse, plan, pool

__version__ = "0.1.0"
__all__ = [
    "DtypeError",
    "FileError",
    "OptionFileError",
    "OptionTypeError",
    "Pipeline",
    "PoolError",
    "RequestError",
    "ShapeError",
    "Stage",
    "Step",
    "ValueRuleError",
    "limits",
    "load_plugin",
    "parse",
    "plan",
    "pool",
]
_LAZY = ("Pipeline", "Stage", "Step", "limits", "load_plugin", "parse", "plan", "pool")


def __getattr__(name: str) -> Any:
    """Import NumPy with the first of these names, and not with `poolcli --help`."""
    if name in _LAZY:
        from poolcli import api

        globals().update({each: getattr(api, each) for each in _LAZY})
        return globals()[name]
    raise AttributeError(f"module 'poolcli' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
