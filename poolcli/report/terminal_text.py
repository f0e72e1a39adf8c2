"""Text on a terminal: how wide it is, how wide a text is there, and lines that fit."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TextIO
from unicodedata import combining, east_asian_width

USUAL_COLUMNS = 80  # of a terminal that does not tell
BREAK = re.compile(" (?!→)")  # an arrow stays with what is before it


def terminal_columns(stream: TextIO) -> int | None:
    """The columns of the terminal that a stream leads to; None where it leads to none.

    COLUMNS overrides the terminal's own size.
    """
    if not stream.isatty():
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    return USUAL_COLUMNS


def columns_of(text: str) -> int:
    r"""The columns that a text takes: two for a wide character, none for a combining one.

    >>> columns_of("max"), columns_of("写真"), columns_of("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 1 + (east_asian_width(each) in "WF") for each in text)


def padded(text: str, columns: int, on_right: bool) -> str:  # noqa: FBT001 - mapped over columns
    """The text with spaces after it, or before it, to so many columns."""
    spaces = " " * (columns - columns_of(text))
    return spaces + text if on_right else text + spaces


def longest_word(text: str) -> int:
    """The columns of the longest part that stays in one piece."""
    return max(map(columns_of, BREAK.split(text)))


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of so many columns, broken between words; a longer word stays whole.

    >>> wrapped("avg -k 2 of photographs", 8)
    ['avg -k 2', 'of', 'photographs']
    """
    line, *words = BREAK.split(text)
    lines = []
    for word in words:
        if columns_of(line) + 1 + columns_of(word) > columns:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}"
    return [*lines, line]
