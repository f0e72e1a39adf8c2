"""The kinds of values with a number or a word for each axis: sizes, padding, borders, levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from poolcli.maps.frame import Padding, Size
from poolcli.pipeline.kinds import as_flag, as_number, as_whole, wrong_value
from poolcli.pipeline.parameters import Kind, parts_of

BORDER_WORDS = ("clip", "edge", "reflect", "symmetric", "wrap")
PADDING_WORDS = ("valid", "same", "same-lower")


def _size(value: Any) -> Size:
    takes = "a size is a whole number from 1 up, or one for each axis joined by x (3, 3x2, 2x3x3)"
    try:
        sizes = tuple(as_whole(part) for part in parts_of(value, "x"))
    except (ValueError, TypeError):
        raise wrong_value(value, takes) from None
    if not sizes or min(sizes) < 1:
        raise ValueError(takes)
    return sizes


def _show_size(value: Sequence[float]) -> str:
    return "x".join(map(str, value))


def _padding(value: Any) -> Padding:
    if isinstance(value, str) and value in PADDING_WORDS:
        return value
    takes = "padding is 1, one for each axis (1x2), begin:end (0:1x0:1), valid, same or same-lower"
    try:
        pairs = tuple(_pair(part) for part in parts_of(value, "x"))
    except (ValueError, TypeError):
        if border := _border_meant(value):
            takes = f"padding is how many pixels, and `border` {border} says what they hold"
        raise wrong_value(value, takes) from None
    if not pairs:
        raise ValueError(takes)
    return pairs


def _pair(value: Any) -> tuple[int, int]:
    """The padding of one axis: begin and end, or one number for both."""
    ends = parts_of(value, ":")
    if len(ends) not in (1, 2):
        raise ValueError
    begin, end = as_whole(ends[0]), as_whole(ends[-1])
    if min(begin, end) < 0:
        raise ValueError
    return begin, end


def _show_padding(value: Padding) -> str:
    if isinstance(value, str):
        return value
    return "x".join(str(begin) if begin == end else f"{begin}:{end}" for begin, end in value)


def _edges(value: Any) -> tuple[str | float, ...]:
    takes = f"takes {', '.join(BORDER_WORDS)} or a number; wrap:clip is one for each axis"
    try:
        edges = tuple(_edge(part) for part in parts_of(value, ":"))
    except (ValueError, TypeError):
        if border := _border_meant(value):
            takes = f"is {border} here: modes have NumPy's names, and a number is a constant"
        raise wrong_value(value, takes) from None
    if not edges:
        raise ValueError(takes)
    return edges


def _border_meant(value: Any) -> str | None:
    from poolcli.pipeline.synonyms import border_for  # here, as only a refusal needs it

    return border_for(value)


def _edge(value: Any) -> str | float:
    return value if value in BORDER_WORDS else as_number(value)


def _pixel_sizes(value: Any) -> bool | tuple[float, ...]:
    takes = "takes the size of a pixel along each axis joined by x (2x0.5x0.5), or nothing"
    with suppress(ValueError, TypeError):
        return as_flag(value)
    try:
        sizes = tuple(as_number(part) for part in parts_of(value, "x"))
    except (ValueError, TypeError):
        raise wrong_value(value, takes) from None
    if not sizes or not all(0 < size < math.inf for size in sizes):
        raise ValueError(takes)
    return sizes


def _levels(value: Any) -> Size:
    try:
        return _size(value.split(",") if isinstance(value, str) else value)
    except (ValueError, TypeError) as error:
        takes = "takes the cells on each axis, level by level, such as 1,2,4"
        raise type(error)(takes) from None


def _show_levels(value: Size) -> str:
    return ",".join(map(str, value))


SIZE = Kind("SIZE", _size, _show_size)
PADDING = Kind("PAD", _padding, _show_padding, usual=(*PADDING_WORDS, "1", "1x1", "0:1x0:1"))
EDGES = Kind(
    "BORDER",
    _edges,
    lambda value: ":".join(map(str, value)),
    choices=BORDER_WORDS,
    usual=("0",),
    separator=":",
)
PIXEL_SIZES = Kind("SIZES", _pixel_sizes, _show_size, bare=True)
LEVELS = Kind("N,N,...", _levels, _show_levels, usual=("1,2", "1,2,4", "1,2,3,6"))
