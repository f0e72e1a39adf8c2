"""Choose the backend of timed calls in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from poolcli.engine.backend import is_built

VARIABLE = "POOLCLI_BACKEND"
Result = TypeVar("Result")


def built() -> tuple[str, ...]:
    """The backends that are to be had, the quicker one first."""
    return ("compiled", "plain") if is_built() else ("plain",)


@contextmanager
def backend_restored() -> Iterator[None]:
    """Restore the choice of the backend at the end."""
    before = os.environ.get(VARIABLE)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def in_backend(backend: str, call: Callable[[], Result]) -> Callable[[], Result]:
    """The call, which chooses its backend first. Use it inside `backend_restored`."""

    def chosen() -> Result:
        if os.environ.get(VARIABLE) != backend:  # setting it takes microseconds
            os.environ[VARIABLE] = backend
        return call()

    return chosen
