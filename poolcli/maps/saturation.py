"""How many results were beyond the range of their dtype, and became its least or its most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_found: ContextVar[list[tuple[str, int]] | None] = ContextVar("saturated", default=None)


@contextmanager
def counting_saturated() -> Iterator[Counter[str]]:
    """The number of results that saturate within the block, in all of its threads, by dtype.

    It is filled when the block ends.

    >>> with counting_saturated() as counts:
    ...     note_saturated("uint8", 3)
    >>> counts
    Counter({'uint8': 3})
    """
    found: list[tuple[str, int]] = []
    counts: Counter[str] = Counter()
    token = _found.set(found)
    try:
        yield counts
    finally:
        _found.reset(token)
        for dtype, number in found:
            counts[dtype] += number


def note_saturated(dtype: str, results: int) -> None:
    """Add to the number of results that saturate, where it is asked for."""
    found = _found.get()
    if found is not None and results:
        found.append((dtype, results))  # at once: threads may do so at the same time
