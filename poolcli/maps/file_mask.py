"""Which pixels of a map count, where its file has a mask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from poolcli.maps.array import Array


@dataclass(frozen=True, eq=False)
class FileMask:
    """A mask, as the value of the carried fact.

    Attributes
    ----------
    load
        Reads it: True where a pixel counts, an array of height and width. None where it cannot be
        used, so that reports only name it.
    later
        The masks of the results of the steps that follow, one for each.
    """

    load: Callable[[], Array] | None = None
    later: tuple[Array, ...] = ()

    @cached_property
    def valid(self) -> Array | None:
        """The mask, which is read once."""
        return self.load() if self.load else None

    def after_step(self) -> FileMask | None:
        """The mask of the next result; None where it is not known."""
        if not self.later:
            return None
        first, *rest = self.later
        return FileMask(lambda: first, tuple(rest))

    def __str__(self) -> str:
        return "in the file"
