"""The kind of values that are boxes; `readers` reads files and texts."""

from __future__ import annotations

from typing import Any

from poolcli.pipeline.arrays import ArrayFile, show_array
from poolcli.pipeline.parameters import Kind


def as_boxes(value: Any) -> ArrayFile:
    """Return rows of numbers as boxes: float64 of shape (n, 4) or (n, 5)."""
    from poolcli.pipeline.box_rows import of_rows  # here, as help needs neither JSON nor CSV

    return value if isinstance(value, ArrayFile) else of_rows(value)


BOXES = Kind("FILE", as_boxes, show_array, source="boxes")
