"""The sizes of planes: batch and channels, where there are any, before the spatial axes."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

Size = tuple[int, ...]  # one number for each spatial axis, or one for all
Padding = str | tuple[tuple[int, int], ...]  # (begin, end) for each axis, or a word


class Frame(NamedTuple):
    """The shape of an array of planes: (batch, channels, *space), without those that are None."""

    batch: int | None
    channels: int | None
    space: Size

    @property
    def lead(self) -> Size:
        """Sizes before the spatial axes."""
        return tuple(size for size in (self.batch, self.channels) if size is not None)

    @property
    def shape(self) -> Size:
        return self.lead + self.space

    @property
    def planes(self) -> int:
        """How many planes there are."""
        return prod(self.lead)

    def pooled(self, space: Size) -> Frame:
        """The same planes with other spatial sizes."""
        return self._replace(space=space)
