"""Parameters and their values: each kind reads text or plain Python, and prints itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from numbers import Integral
from typing import Any, NamedTuple

from poolcli.errors import RequestError
from poolcli.maps.frame import Padding, Size

MANY = 4096  # of what is named one by one
PADDING_WORDS = ("valid", "same", "same-lower")
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


class Kind(NamedTuple):
    """What values a parameter takes. `read` raises ValueError saying what it takes."""

    metavar: str
    read: Callable[[Any], Any]
    show: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()


class Parameter(NamedTuple):
    """One option of an operation: the flags, the keyword of Python and TOML, the help, the default.

    >>> Parameter("kernel", ("-k", "--kernel"), SIZE, "window").read("3x2")
    (3, 2)
    """

    name: str
    flags: tuple[str, ...]
    kind: Kind
    help: str
    default: Any = None
    off: str = ""

    @property
    def flag(self) -> str:
        """The flag to name in a message; the name of what has none, because it is written as words of its own."""
        return self.flags[-1] if self.flags else self.name.upper()

    def read(self, value: Any) -> Any:
        """The value that a text, or a plain Python value, stands for."""
        try:
            return self.kind.read(value)
        except (ValueError, TypeError) as error:
            raise RequestError(f"{self.flag} {_plain(value)}: {error}") from None

    def show(self, value: Any) -> str:
        """The text that gives the parameter this value."""
        if self.kind is FLAG:
            return self.flags[0] if value else self.off
        text = self.kind.show(value)
        return f"{self.flags[0]} {text}" if self.flags else text


def _plain(value: Any) -> str:
    from reprlib import repr as shortened

    return value if isinstance(value, str) else " ".join(shortened(value).split())


def _whole(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("not a whole number")
    return int(value)


def _size(value: Any) -> Size:
    takes = "a size is a whole number from 1 up, or one for each axis joined by x (3, 3x2, 2x3x3)"
    parts = (
        value.split("x")
        if isinstance(value, str)
        else value
        if isinstance(value, (tuple, list))
        else (value,)
    )
    try:
        sizes = tuple(_whole(part) for part in parts)
    except (ValueError, TypeError):
        raise ValueError(takes) from None
    if not sizes or min(sizes) < 1:
        raise ValueError(takes)
    return sizes


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, str):
        value = value.split(":")
    begin, end = (
        value if isinstance(value, (tuple, list)) and len(value) == 2 else (*_single(value),) * 2
    )
    pair = _whole(begin), _whole(end)
    if min(pair) < 0:
        raise ValueError
    return pair


def _single(value: Any) -> tuple[Any]:
    if isinstance(value, (tuple, list)):
        (value,) = value
    return (value,)


def _padding(value: Any) -> Padding:
    if isinstance(value, str) and value in PADDING_WORDS:
        return value
    parts = (
        value.split("x")
        if isinstance(value, str)
        else value
        if isinstance(value, (tuple, list))
        else (value,)
    )
    try:
        pairs = tuple(_pair(part) for part in parts)
    except (ValueError, TypeError):
        pairs = ()
    if not pairs:
        raise ValueError(
            "padding is 1, one for each axis (1x2), begin:end (0:1x0:1), valid, same or same-lower"
        )
    return pairs


def _show_padding(value: Padding) -> str:
    if isinstance(value, str):
        return value
    return "x".join(str(begin) if begin == end else f"{begin}:{end}" for begin, end in value)


def _number(value: Any) -> float | int:
    """3.0 and 3 are one value, so that a pipeline has one text; whole numbers are exact."""
    whole = isinstance(value, Integral) or (
        isinstance(value, str) and value.strip().lstrip("+-").isdecimal()
    )
    with suppress(ValueError, TypeError, OverflowError):
        number = float(int(value) if whole else value)
        if math.isnan(number):
            return math.nan  # one NaN, which equals itself wherever it is looked up
        if not isinstance(value, bool):
            return (
                int(value)
                if whole
                else int(number)
                if number.is_integer() and abs(number) < 1e15
                else number
            )
    raise ValueError("takes a number")


def _levels(value: Any) -> Size:
    try:
        return _size(value.split(",") if isinstance(value, str) else value)
    except ValueError:
        raise ValueError("takes the cells on each axis, level by level, such as 1,2,4") from None


def _numbers(value: Any) -> Size:
    """Numbers, and ranges of them: 0,4-7 is 0, 4, 5, 6, 7."""
    ends = [part.split("-") for part in value.split(",")]
    if not all(len(pair) <= 2 and all(map(str.isdecimal, pair)) for pair in ends):
        raise ValueError("takes numbers and ranges of them, such as 0,4-7")
    ranges = [range(int(pair[0]), int(pair[-1]) + 1) for pair in ends]
    if not all(ranges) or any(each.stop - each.start > MANY for each in ranges):
        raise ValueError(f"takes ranges from the lower to the higher, of {MANY} at most")
    return tuple(number for each in ranges for number in each)


def number(test: Callable[[float], bool], takes: str) -> Kind:
    """A number for which the test holds."""

    def read(value: Any) -> float | int:
        try:
            found = _number(value)
        except ValueError:
            found = math.nan
        if not test(found):
            raise ValueError(takes)
        return found

    return Kind("NUMBER", read)


def choice(*words: str, metavar: str = "WORD") -> Kind:
    """One of these words."""

    def read(value: Any) -> str:
        text = getattr(value, "__name__", None) or str(value)
        if text not in words:
            raise ValueError(f"takes {', '.join(words[:-1])} or {words[-1]}")
        return text

    return Kind(metavar, read, choices=words)


def _flag(value: Any) -> bool:
    words = {"true": True, "false": False}
    found = words.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("is a switch: true or false")  # noqa: TRY004 - a value of the wrong kind, like the others
    return found


SIZE = Kind("SIZE", _size, lambda value: "x".join(map(str, value)))
PADDING = Kind("PAD", _padding, _show_padding)
FLAG = Kind("", _flag)
NUMBER = Kind("NUMBER", _number)
POSITIVE = number(lambda x: 0 < x < math.inf, "takes a number above 0")
NONZERO = number(lambda x: x != 0 and math.isfinite(x), "takes a number other than 0")
FRACTION = number(lambda x: 0 <= x <= 1, "takes a number from 0 to 1")
WHOLE = number(lambda x: x >= 0 and float(x).is_integer(), "takes a whole number from 0 up")
COUNT = number(
    lambda x: 1 <= x <= 30 and float(x).is_integer(), "takes a whole number from 1 to 30"
)
SEVEN = number(lambda x: x in range(1, 8), "takes a whole number from 1 to 7")
LEVELS = Kind("N,N,...", _levels, lambda value: ",".join(map(str, value)))
NUMBERS = Kind("N,N-N,...", _numbers)
DTYPE = choice(*DTYPES, metavar="DTYPE")


def either(word: str, kind: Kind) -> Kind:
    """This word, or what the kind takes."""

    def read(value: Any) -> Any:
        return word if isinstance(value, str) and value == word else kind.read(value)

    return Kind(
        f"{kind.metavar}|{word}",
        read,
        lambda value: word if isinstance(value, str) else kind.show(value),
    )


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """What to add to "there is no ...": the nearest word there is, or all when they are few.

    >>> did_you_mean("--kernle", ["--kernel", "--stride"])
    '; did you mean --kernel?'
    """
    from difflib import get_close_matches

    known = list(words)
    near = get_close_matches(word, known, 1, 0.6)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there is {', '.join(known)}" if len(known) <= 16 else ""
