"""What a terminal can show, as it says itself: in its environment, and by the size it gives."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, TextIO

WAYS = ("auto", "kitty", "sixel", "half", "half256", "text")
_KITTY = ("xterm-kitty", "xterm-ghostty")
_SIXEL = ("foot", "mlterm", "contour", "yaft")
_SIXEL_PROGRAMS = ("WezTerm", "iTerm.app", "mintty", "contour")
_TRUE = ("xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm", "contour", "mlterm")
_TRUE_PROGRAMS = (*_SIXEL_PROGRAMS, "ghostty", "vscode", "Hyper", "rio")


class Screen(NamedTuple):
    """A way to show pictures, the room for them in letters, and how many pixels a letter is, across and down."""

    way: str
    columns: int = 80
    rows: int = 24
    cell: tuple[int, int] = (1, 2)


def screen_of(stream: TextIO, wish: str, environ: Mapping[str, str] = os.environ) -> Screen | None:
    """How to show pictures on a stream; None where it is no terminal, unless a way is wished for.

    COLUMNS and LINES say how much room there is, else the terminal does; NO_COLOR asks for text.
    """
    if wish == "auto" and not stream.isatty():
        return None
    way = _way(stream, environ) if wish == "auto" else wish
    columns, rows, across, down = _asked(stream)
    told = (across // columns, down // rows) if columns and rows else (0, 0)
    cell = (told if min(told) > 0 else (10, 20)) if way in ("kitty", "sixel") else (1, 2)
    return Screen(
        way,
        _number(environ, "COLUMNS") or columns or 80,
        _number(environ, "LINES") or rows or 24,
        cell,
    )


def _number(environ: Mapping[str, str], name: str) -> int:
    word = environ.get(name, "")
    return int(word) if word.isdecimal() else 0


def _way(stream: TextIO, environ: Mapping[str, str]) -> str:
    """The best way of those the environment speaks of."""
    usual = "ms-terminal-direct" if "WT_SESSION" in environ else ""
    term, program = environ.get("TERM", usual), environ.get("TERM_PROGRAM", "")
    if (
        environ.get("NO_COLOR")
        or term in ("", "dumb", "unknown")
        or term.startswith("vt")
        or not _has_blocks(stream)
    ):
        return "text"
    if not ("TMUX" in environ or term.startswith(("screen", "tmux"))):  # these pass no pictures on
        if "KITTY_WINDOW_ID" in environ or term in _KITTY or program == "ghostty":
            return "kitty"
        if term.startswith(_SIXEL) or program in _SIXEL_PROGRAMS or "KONSOLE_VERSION" in environ:
            return "sixel"
    true = (
        environ.get("COLORTERM") in ("truecolor", "24bit")
        or term.startswith(_TRUE)
        or term.endswith("-direct")
    )
    return "half" if true or program in _TRUE_PROGRAMS else "half256"


def _has_blocks(stream: TextIO) -> bool:
    with suppress(UnicodeEncodeError, LookupError):
        return bool("▀".encode(stream.encoding or "ascii"))
    return False


def _asked(stream: TextIO) -> tuple[int, int, int, int]:
    """Columns, rows, and pixels across and down, of the terminal; 0 for what it does not tell."""
    with suppress(OSError, ImportError):
        if sys.platform == "win32":
            return *os.get_terminal_size(stream.fileno()), 0, 0
        import fcntl
        import struct
        import termios

        rows, columns, across, down = struct.unpack(
            "HHHH", fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(8))
        )
        return columns, rows, across, down
    return 0, 0, 0, 0
