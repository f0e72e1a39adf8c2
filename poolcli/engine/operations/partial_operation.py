"""Operations that can make a region of their result from a region of the planes."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.windows.plane_part import Cells, PlanePart
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame


@runtime_checkable
class PartialOperation(Protocol):
    """An operation that can make a region of its result from a region of the planes."""

    def reads(self, frame: Frame, cells: Cells) -> tuple[Array, ...] | None:
        """The numbers of the pixels along each spatial axis that these cells read, ascending.

        None where the cells of planes differ, so that only the whole result can be made.
        """
        ...

    def pool_part(
        self, planes: Array, part: PlanePart, rules: ValueRules, weights: Array | None = None
    ) -> Array:
        """The cells of the part, in the rules' dtype; `planes` are its pixels.

        The mask of the rules and the weights are those of these pixels.
        """
        ...
