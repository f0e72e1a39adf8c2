"""Operations on other values than those of a map, at the same pixels."""

from __future__ import annotations

from dataclasses import dataclass

from poolcli.engine.operations.operation import Operation, Trace
from poolcli.engine.operations.partial_operation import PartialOperation
from poolcli.engine.windows.place import Geometry
from poolcli.engine.windows.plane_part import Cells
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame, Size


@dataclass(frozen=True)
class Transformed:
    """An operation on transformed values: it reads the pixels that `operation` reads."""

    operation: Operation

    def geometry(self, frame: Frame) -> Geometry:
        """That of the operation."""
        return self.operation.geometry(frame)

    def trace(self, frame: Frame, cell: Size, weights: Array | None = None) -> Trace | None:
        """The pixels that the operation reads."""
        return self.operation.trace(frame, cell, weights)

    def reads(self, frame: Frame, cells: Cells) -> tuple[Array, ...] | None:
        """The pixels along each axis that the operation reads."""
        inner = self.operation
        return inner.reads(frame, cells) if isinstance(inner, PartialOperation) else None
