"""The kinds of values that are numbers and words: how each is read and printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from numbers import Integral
from typing import Any

from poolcli.maps.frame import Size
from poolcli.pipeline.parameters import Kind, did_you_mean, parts_of

LONGEST_RANGE = 4096  # numbers in a range such as 4-7: bounds what a typing error can ask for
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
            found = as_number(value)
        except (ValueError, TypeError):
            found = math.nan
        if not test(found):
            raise wrong_value(value, takes)
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


def wrong_value(value: Any, takes: str) -> ValueError | TypeError:
    """The error for a value: TypeError, unless it is a text, a number or a sequence."""
    plain = isinstance(value, (str, int, float, tuple, list)) and not isinstance(value, bool)
    return ValueError(takes) if plain or hasattr(value, "dtype") else TypeError(takes)


def as_whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("not a whole number")
    return int(value)


def as_number(value: Any) -> float | int:
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
    raise wrong_value(value, "takes a number")


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lstrip("+-").isdecimal()
    return isinstance(value, Integral)


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
        values = tuple(dict.fromkeys(as_number(part) for part in parts_of(value, ",")))
    except (ValueError, TypeError):
        raise wrong_value(value, takes) from None
    if not values:
        raise ValueError(takes)
    return values


def _show_values(value: tuple[float | int, ...]) -> str:
    return ",".join(map(str, value))


def as_flag(value: Any) -> bool:
    words = {"true": True, "false": False}
    found = words.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise wrong_value(value, "is a switch: true or false")
    return found


def _ceil(value: Any) -> bool | str:
    if isinstance(value, str) and value in CEIL_RULES:
        return value
    with suppress(ValueError, TypeError):
        return as_flag(value)
    raise wrong_value(value, f"takes {', '.join(CEIL_RULES[:-1])} or {CEIL_RULES[-1]}, or nothing")


FLAG = Kind("", as_flag, bare=True)
CEIL = Kind("RULE", _ceil, bare=True, choices=CEIL_RULES)
NUMBER = Kind("NUMBER", as_number)
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
NUMBERS = Kind("N,N-N,...", _numbers)
DTYPE = choice(*DTYPES, metavar="DTYPE")
