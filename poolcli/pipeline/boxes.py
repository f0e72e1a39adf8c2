"""Boxes: what `--boxes` takes, as a file (CSV with a header, JSON, .npy), as JSON, or as numbers in Python."""

from __future__ import annotations

import csv
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from poolcli.pipeline.files import FileArray, read_array
from poolcli.pipeline.parameters import Kind

if TYPE_CHECKING:
    from poolcli.maps.array import Array

CORNERS = ("x1", "y1", "x2", "y2")
INDEX = ("index", "batch")
COLUMNS = "x1,y1,x2,y2 or index,x1,y1,x2,y2"


def read_boxes(value: Any) -> FileArray:
    """Boxes as float64 rows of four corners, or of an image's number and four corners; ValueError where one is bad."""
    if isinstance(value, FileArray):
        return value
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        rows = _of_json(text) if text.startswith("[") else _of_file(text)
        return FileArray(text, _checked(rows))
    boxes = _checked(value)
    return FileArray(json.dumps(boxes.tolist(), separators=(",", ":")), boxes)


def _of_file(name: str) -> Any:
    """The rows in a file, told by its content."""
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib would slow the start
            content = file.read()
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    if content.startswith(b"\x93NUMPY"):
        return read_array(name).array
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"is neither CSV, JSON nor .npy; boxes are {COLUMNS}") from None
    return _of_json(text) if text.lstrip().startswith(("[", "{")) else _of_csv(text)


def _of_json(text: str) -> Any:
    """Lists of numbers, or objects with the names of columns, by themselves or as "boxes"."""
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
    """The columns that a header names, in the order of boxes."""
    header, *rows = [
        row for row in csv.reader(text.splitlines(), skipinitialspace=True) if row
    ] or [[]]
    if not header:
        raise ValueError("is empty")
    columns = [header.index(name) for name in _order(header)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"has a row of {len(row)} columns ({','.join(row)}), and the header has {len(header)}"
            )
    return [[row[column] for column in columns] for row in rows]


def _order(names: Sequence[str]) -> list[str]:
    """The names of the columns that make a box: an index if there is one, and the corners."""
    missing = [name for name in CORNERS if name not in names]
    if missing:
        raise ValueError(f"has no column {missing[0]}: its header names {COLUMNS}")
    return [*[name for name in INDEX if name in names][:1], *CORNERS]


def _checked(rows: Any) -> Array:
    """The rows as numbers, once each is a box."""
    import numpy as np

    try:
        boxes = np.array(rows, np.float64)
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
    """Which box is no row of as many numbers as the first."""
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


def _fault(box: list[float]) -> str:
    """What is wrong with a box of 4 or 5 numbers, if anything."""
    *index, left, top, right, bottom = box
    if not all(abs(each) < float("inf") for each in box):
        return "is not finite"
    if right < left or bottom < top:
        return "has its corners swapped: x1 <= x2 and y1 <= y2"
    if index and (index[0] < 0 or not index[0].is_integer()):
        return "has an index that is no whole number from 0 up"
    return ""


BOXES = Kind("FILE", read_boxes, lambda value: shlex.quote(value.text))
