"""The kinds of values that are numbers, words and sizes: how each is read and printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Integral
from typing import Any

from poolcli.maps.frame import Padding, Size
from poolcli.pipeline.parameters import Kind, did_you_mean, parts_of

LONGEST_RANGE = 4096  # numbers in a range such as 4-7: bounds what a typing error can ask for
BORDER_WORDS = ("clip", "edge", "reflect", "symmetric", "wrap")
PADDING_WORDS = ("valid", "same", "same-lower")
MANY = 12  # words of a choice, of which a message names the similar one alone
CEIL_RULES = ("keep", "drop", "drop-padded", "fill")  # see `Sliding`
DTYPES = (
    "bool",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
)


def number(test: Callable[[float], bool], takes: str) -> Kind:
    """Return the kind of the numbers for which the test holds."""

    def read(value: Any) -> float | int:
        try:
            found = _number(value)
        except (ValueError, TypeError):
            found = math.nan
        if not test(found):
            raise _wrong(value, takes)
        return found

    return Kind("NUMBER", read)


def choice(*words: str, metavar: str = "WORD") -> Kind:
    """Return the kind of these words."""

    def read(value: Any) -> str:
        text = getattr(value, "__name__", None) or str(value)
        if text not in words:
            near = did_you_mean(text, words) if len(words) > MANY else ""
            raise ValueError(near[2:] or f"takes {', '.join(words[:-1])} or {words[-1]}")
        return text

    return Kind(metavar, read, choices=words)


def either(word: str, kind: Kind) -> Kind:
    """Return the kind of this word and of all that another kind takes."""

    def read(value: Any) -> Any:
        return word if isinstance(value, str) and value == word else kind.read(value)

    def show(value: Any) -> str:
        return word if isinstance(value, str) else kind.show(value)

    return Kind(f"{kind.metavar}|{word}", read, show)


def _wrong(value: Any, takes: str) -> ValueError | TypeError:
    """The error for a value: TypeError, unless it is a text, a number or a sequence."""
    plain = isinstance(value, (str, int, float, tuple, list)) and not isinstance(value, bool)
    return ValueError(takes) if plain or hasattr(value, "dtype") else TypeError(takes)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("not a whole number")
    return int(value)


def _size(value: Any) -> Size:
    takes = "a size is a whole number from 1 up, or one for each axis joined by x (3, 3x2, 2x3x3)"
    try:
        sizes = tuple(_whole(part) for part in parts_of(value, "x"))
    except (ValueError, TypeError):
        raise _wrong(value, takes) from None
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
        raise _wrong(value, takes) from None
    if not pairs:
        raise ValueError(takes)
    return pairs


def _pair(value: Any) -> tuple[int, int]:
    """The padding of one axis: begin and end, or one number for both."""
    ends = parts_of(value, ":")
    if len(ends) not in (1, 2):
        raise ValueError
    begin, end = _whole(ends[0]), _whole(ends[-1])
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
        raise _wrong(value, takes) from None
    if not edges:
        raise ValueError(takes)
    return edges


def _border_meant(value: Any) -> str | None:
    from poolcli.pipeline.synonyms import border_for  # here, as only a refusal needs it

    return border_for(value)


def _edge(value: Any) -> str | float:
    return value if value in BORDER_WORDS else _number(value)


def _number(value: Any) -> float | int:
    """Read a number so that 3.0 and 3 are one value, with one text; whole numbers are exact."""
    if isinstance(value, bool):
        raise TypeError("takes a number")
    with suppress(ValueError, TypeError, OverflowError):
        if _is_whole(value):
            float(int(value))  # raises OverflowError where no float is near
            return int(value)
        found = float(value)
        if math.isnan(found):
            return math.nan  # one object, so that it equals itself in tuples and dicts
        return int(found) if found.is_integer() and abs(found) < 1e15 else found
    raise _wrong(value, "takes a number")


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lstrip("+-").isdecimal()
    return isinstance(value, Integral)


def _pixel_sizes(value: Any) -> bool | tuple[float, ...]:
    takes = "takes the size of a pixel along each axis joined by x (2x0.5x0.5), or nothing"
    with suppress(ValueError, TypeError):
        return _flag(value)
    try:
        sizes = tuple(_number(part) for part in parts_of(value, "x"))
    except (ValueError, TypeError):
        raise _wrong(value, takes) from None
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


def _numbers(value: Any) -> Size:
    """Read numbers and ranges of them: 0,4-7 is 0, 4, 5, 6, 7."""
    ends = [part.split("-") for part in value.split(",")]
    if not all(len(pair) <= 2 and all(map(str.isdecimal, pair)) for pair in ends):
        raise ValueError("takes numbers and ranges of them, such as 0,4-7")
    ranges = [range(int(pair[0]), int(pair[-1]) + 1) for pair in ends]
    if not all(ranges) or any(each.stop - each.start > LONGEST_RANGE for each in ranges):
        raise ValueError(f"takes ranges from the lower to the higher, of {LONGEST_RANGE} at most")
    return tuple(number for each in ranges for number in each)


def _values(value: Any) -> tuple[float | int, ...]:
    takes = "takes numbers joined by commas, such as 3 or 3,7"
    try:
        values = tuple(dict.fromkeys(_number(part) for part in parts_of(value, ",")))
    except (ValueError, TypeError):
        raise _wrong(value, takes) from None
    if not values:
        raise ValueError(takes)
    return values


def _show_values(value: tuple[float | int, ...]) -> str:
    return ",".join(map(str, value))


def _flag(value: Any) -> bool:
    words = {"true": True, "false": False}
    found = words.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _wrong(value, "is a switch: true or false")
    return found


def _ceil(value: Any) -> bool | str:
    if isinstance(value, str) and value in CEIL_RULES:
        return value
    with suppress(ValueError, TypeError):
        return _flag(value)
    raise _wrong(value, f"takes {', '.join(CEIL_RULES[:-1])} or {CEIL_RULES[-1]}, or nothing")


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
FLAG = Kind("", _flag, bare=True)
CEIL = Kind("RULE", _ceil, bare=True, choices=CEIL_RULES)
NUMBER = Kind("NUMBER", _number)
POSITIVE = number(lambda x: 0 < x < math.inf, "takes a number above 0")
NONZERO = number(lambda x: x != 0 and math.isfinite(x), "takes a number other than 0")
FRACTION = number(lambda x: 0 <= x <= 1, "takes a number from 0 to 1, such as 0.95 for 95 %")
WHOLE = number(lambda x: x >= 0 and float(x).is_integer(), "takes a whole number from 0 up")
COUNT = number(
    lambda x: 1 <= x <= 30 and float(x).is_integer(), "takes a whole number from 1 to 30"
)._replace(usual=tuple(map(str, range(1, 9))))
SIDE = number(lambda x: x >= 1 and float(x).is_integer(), "takes a whole number from 1 up")
SEVEN = number(lambda x: x in range(1, 8), "takes a whole number from 1 to 7")._replace(
    usual=tuple(map(str, range(1, 8)))
)
TRIM = number(lambda x: 0 <= x < 0.5, "takes a number from 0 up to but not 0.5")
VALUES = Kind("V[,V...]", _values, _show_values)
PIXEL_SIZES = Kind("SIZES", _pixel_sizes, _show_size, bare=True)
LEVELS = Kind("N,N,...", _levels, _show_levels, usual=("1,2", "1,2,4", "1,2,3,6"))
NUMBERS = Kind("N,N-N,...", _numbers)
DTYPE = choice(*DTYPES, metavar="DTYPE")
