"""Pool images and feature maps: pick how a window becomes one number, pick the windows.

>>> import poolcli
>>> poolcli.pool([3, 1, 2, 5], "max", kernel=2)
array([3, 5])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolcli.errors import PoolError, RequestError, ShapeError

if TYPE_CHECKING:
    from poolcli.api import parse, plan, pool

__version__ = "0.1.0"
__all__ = ["PoolError", "RequestError", "ShapeError", "parse", "plan", "pool"]


def __getattr__(name: str) -> Any:
    """NumPy loads with the first call, not with `poolcli --help`."""
    if name in ("parse", "plan", "pool"):
        from poolcli import api

        return getattr(api, name)
    raise AttributeError(f"module 'poolcli' has no attribute {name!r}")
