"""Boxes from rows of numbers, JSON or CSV: x1, y1, x2, y2, after a sample's number or not."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from poolcli.pipeline.arrays import ArrayFile

if TYPE_CHECKING:
    from poolcli.maps.array import Array

CORNERS = ("x1", "y1", "x2", "y2")
INDEX = ("index", "batch")
COLUMNS = "x1,y1,x2,y2 or index,x1,y1,x2,y2"


def of_rows(rows: Any) -> ArrayFile:
    """Return rows of numbers as boxes, whose text is their JSON."""
    boxes = checked(rows)
    return ArrayFile(json.dumps(boxes.tolist(), separators=(",", ":")), boxes)


def of_json(text: str) -> ArrayFile:
    """Return the boxes that a JSON text describes."""
    return ArrayFile(text, checked(_of_json(text)))


def of_text(content: bytes) -> Array:
    """Return the boxes in a file of CSV or JSON."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"is neither CSV, JSON nor .npy; boxes are {COLUMNS}") from None
    is_json = text.lstrip().startswith(("[", "{"))
    return checked(_of_json(text) if is_json else _of_csv(text))


def _of_json(text: str) -> Any:
    """The rows in JSON: lists of numbers, or objects with named columns, alone or in "boxes"."""
    try:
        rows = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from None
    if isinstance(rows, Mapping):
        if "boxes" not in rows:
            raise ValueError('holds an object without "boxes"')
        rows = rows["boxes"]
    if isinstance(rows, list) and rows and all(isinstance(row, Mapping) for row in rows):
        order = _order(list(rows[0]))
        if any(row.keys() != rows[0].keys() for row in rows):
            raise ValueError("holds objects of different keys")
        rows = [[row[name] for name in order] for row in rows]
    return rows


def _of_csv(text: str) -> list[list[str]]:
    """The rows of a CSV: the columns that make a box, by the names in its header."""
    lines = [row for row in csv.reader(text.splitlines(), skipinitialspace=True) if row]
    if not lines:
        raise ValueError("is empty")
    header, *rows = lines
    columns = [header.index(name) for name in _order(header)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"has a row of {len(row)} columns ({','.join(row)}), "
                f"and the header has {len(header)}"
            )
    return [[row[column] for column in columns] for row in rows]


def _order(names: Sequence[str]) -> list[str]:
    """The columns that make a box: an index if there is one, and the corners."""
    missing = [name for name in CORNERS if name not in names]
    if missing:
        raise ValueError(
            f"has no column {missing[0]}: its first line is to name the columns {COLUMNS}"
        )
    return [*[name for name in INDEX if name in names][:1], *CORNERS]


def checked(rows: Any) -> Array:
    """Return rows as an array, read-only; ValueError where one is not a box."""
    import numpy as np

    from poolcli.maps.array_like import array_of

    read = array_of(rows) if hasattr(rows, "__array__") else rows
    try:
        boxes = np.array(read, np.float64)
    except (ValueError, TypeError):
        raise ValueError(_odd_one(rows)) from None
    if not boxes.size:
        raise ValueError("holds no box")
    if boxes.ndim != 2 or boxes.shape[1] not in (4, 5):
        shape = "x".join(map(str, boxes.shape))
        raise ValueError(
            f"has the shape {shape or 'of one number'}: a box is 4 or 5 numbers, {COLUMNS}"
        )
    for number, box in enumerate(boxes.tolist(), start=1):
        if fault := _fault(box):
            words = ",".join(f"{each:g}" for each in box)
            raise ValueError(f"box {number} ({words}) {fault}")
    boxes.flags.writeable = False
    return boxes


def _odd_one(rows: Any) -> str:
    """What is wrong with rows that make no array: which of them is not like the first."""
    takes = f"a box is 4 or 5 numbers, {COLUMNS}"
    for number, row in enumerate(rows if isinstance(rows, (list, tuple)) else [], start=1):
        if not _is_numbers(row) or not _is_numbers(rows[0]) or len(row) != len(rows[0]):
            return f"box {number} is {json.dumps(row, default=str)}: {takes}, and all have as many"
    return takes


def _is_numbers(row: Any) -> bool:
    try:
        return all(isinstance(float(each), float) for each in row)
    except (ValueError, TypeError):
        return False


def check_corners(boxes: Array) -> None:
    """Raise ValueError where the corners of a box are swapped."""
    for number, box in enumerate(boxes.tolist(), start=1):
        left, top, right, bottom = box[-4:]
        if right < left or bottom < top:
            words = ",".join(f"{each:g}" for each in box)
            raise ValueError(
                f"box {number} ({words}) has its corners swapped: x1 <= x2 and y1 <= y2"
            )


def _fault(box: list[float]) -> str:
    """What is wrong with a box of 4 or 5 numbers; "" where nothing is."""
    index = box[:-4]
    if not all(abs(each) < float("inf") for each in box):
        return "is not finite"
    if index and (index[0] < 0 or not index[0].is_integer()):
        return "has an index that is no whole number from 0 up"
    return ""
