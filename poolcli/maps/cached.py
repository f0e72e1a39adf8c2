"""`cached_property` without a lock, as `functools` has it from Python 3.12 on.

That of Python 3.11 holds one lock for all instances while it computes: a child that is forked in
this time has the lock, held by a thread that it has not, and waits for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 - the name in functools
        """An attribute that is computed when it is first asked for."""

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self.function = function
            self.__doc__ = function.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            # Of several threads that compute it, the first decides.
            return vars(instance).setdefault(self.name, self.function(instance))
