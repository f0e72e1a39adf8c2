"""Which pixels of a map count, where its file has a mask of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.sampling import Sampling

Strides = tuple[Fraction | None, ...]


def strides_of(sampling: Sampling) -> Strides:
    """How far cells are apart down and across."""
    return tuple(sampling[letter].stride for letter in "HW" if letter in sampling)


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
    levels
        Those of the results of a step that makes several, by how far their cells are apart down
        and across.
    """

    load: Callable[[], Array] | None = None
    later: tuple[Array, ...] = ()
    levels: Mapping[Strides, Array] = field(default_factory=dict)

    @cached_property
    def valid(self) -> Array | None:
        """The mask, which is read once."""
        return self.load() if self.load else None

    def after_step(self, sampling: Sampling) -> FileMask | None:
        """The mask of the next result, of this sampling; None where it is not known."""
        level = self.levels.get(strides_of(sampling))
        if level is not None:
            return FileMask(lambda: level)
        if not self.later:
            return None
        first, *rest = self.later
        return FileMask(lambda: first, tuple(rest))

    def __str__(self) -> str:
        return "in the file"
