"""Predictors: neighbouring samples as differences, which compress better (TIFF 6.0, section 14;
TIFF technical note 3 for floats). Rows have the shape (height, width, samples).
"""

from __future__ import annotations

import numpy as np

from poolcli.errors import FileError
from poolcli.maps.array import Array

NONE, DIFFERENCES, FLOATS = 1, 2, 3


def undone(rows: Array, predictor: int) -> Array:
    """Rows of a segment, in native byte order, without their predictor."""
    if predictor == NONE:
        return rows
    if predictor == DIFFERENCES and rows.dtype.kind in "uif":
        unsigned = rows.view(f"u{rows.dtype.itemsize}")
        return np.add.accumulate(unsigned, axis=1, dtype=unsigned.dtype).view(rows.dtype)
    if predictor == FLOATS and rows.dtype.kind == "f":
        return _undone_floats(rows)
    raise FileError(f"its predictor {predictor} does not fit {rows.dtype}: it is damaged")


def _undone_floats(rows: Array) -> Array:
    """The bytes of a row are differences; the highest of all samples come first."""
    height, width, samples = rows.shape
    size = rows.dtype.itemsize
    steps = rows.view(np.uint8).reshape(height, width * size, samples)
    planes = np.add.accumulate(steps, axis=1, dtype=np.uint8).reshape(height, size, width * samples)
    big = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f">f{size}")
    return big.reshape(rows.shape).astype(rows.dtype)


def applied(rows: Array, predictor: int) -> Array:
    """Rows with a predictor, which `undone` undoes."""
    if predictor == NONE:
        return rows
    if predictor == FLOATS:
        return _applied_floats(rows)
    unsigned = rows.view(f"u{rows.dtype.itemsize}")
    steps = unsigned.copy()
    steps[:, 1:] -= unsigned[:, :-1]
    return steps.view(rows.dtype)


def _applied_floats(rows: Array) -> Array:
    height, width, samples = rows.shape
    size = rows.dtype.itemsize
    big = rows.astype(rows.dtype.newbyteorder(">")).view(np.uint8)
    planes = big.reshape(height, width * samples, size).transpose(0, 2, 1)
    values = np.ascontiguousarray(planes).reshape(height, width * size, samples)
    steps = values.copy()
    steps[:, 1:] -= values[:, :-1]
    return steps.reshape(height, -1).view(rows.dtype).reshape(rows.shape)


def fits(predictor: int, dtype: np.dtype[np.generic]) -> bool:
    """Whether samples of a dtype can have a predictor."""
    return predictor == NONE or dtype.kind in {DIFFERENCES: "ui", FLOATS: "f"}.get(predictor, "")
