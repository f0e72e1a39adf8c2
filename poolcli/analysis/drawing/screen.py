"""What a terminal can display, from its environment and its size."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple, TextIO

GRAPHICS = ("auto", "kitty", "sixel", "half", "half256", "text")
_KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft")
_SIXEL_PROGRAMS = ("WezTerm", "iTerm.app", "mintty", "contour")
_TRUE_COLOUR_TERMS = (
    "xterm-kitty",
    "xterm-ghostty",
    "foot",
    "alacritty",
    "wezterm",
    "contour",
    "mlterm",
)
_TRUE_COLOUR_PROGRAMS = (*_SIXEL_PROGRAMS, "ghostty", "vscode", "Hyper", "rio")


ASSUMED_SIZE = (80, 24)  # columns and rows where nothing says
ASSUMED_CELL = (10, 20)  # pixels of a letter where the terminal does not say


class Screen(NamedTuple):
    """How to show pictures, the size in letters, and the pixels of a letter, across and down."""

    graphics: str
    columns: int = ASSUMED_SIZE[0]
    rows: int = ASSUMED_SIZE[1]
    cell: tuple[int, int] = (1, 2)


def screen_of(
    stream: TextIO, graphics: str, environ: Mapping[str, str] = os.environ
) -> Screen | None:
    """How to show pictures on a stream; None for "auto" on a stream that is no terminal.

    COLUMNS and LINES override the terminal's own size; NO_COLOR asks for text.
    """
    if graphics == "auto":
        if not stream.isatty():
            return None
        graphics = _best_graphics(stream, environ)
    columns, rows, across, down = _terminal_size(stream)
    cell = (1, 2)
    if graphics in ("kitty", "sixel"):
        cell = (across // columns, down // rows) if columns and rows else (0, 0)
        cell = cell if min(cell) > 0 else ASSUMED_CELL
    return Screen(
        graphics,
        _number(environ, "COLUMNS") or columns or ASSUMED_SIZE[0],
        _number(environ, "LINES") or rows or ASSUMED_SIZE[1],
        cell,
    )


def _number(environ: Mapping[str, str], name: str) -> int:
    word = environ.get(name, "")
    return int(word) if word.isdecimal() else 0


def _best_graphics(stream: TextIO, environ: Mapping[str, str]) -> str:
    """The best graphics that the environment says the terminal has."""
    usual = "ms-terminal-direct" if "WT_SESSION" in environ else ""
    term, program = environ.get("TERM", usual), environ.get("TERM_PROGRAM", "")
    if (
        environ.get("NO_COLOR")
        or term in ("", "dumb", "unknown")
        or term.startswith("vt")
        or not _has_blocks(stream)
    ):
        return "text"
    if not (
        "TMUX" in environ or term.startswith(("screen", "tmux"))
    ):  # multiplexers pass no pictures on
        if "KITTY_WINDOW_ID" in environ or term in _KITTY_TERMS or program == "ghostty":
            return "kitty"
        if (
            term.startswith(_SIXEL_TERMS)
            or program in _SIXEL_PROGRAMS
            or "KONSOLE_VERSION" in environ
        ):
            return "sixel"
    has_true_colour = (
        environ.get("COLORTERM") in ("truecolor", "24bit")
        or term.startswith(_TRUE_COLOUR_TERMS)
        or term.endswith("-direct")
        or program in _TRUE_COLOUR_PROGRAMS
    )
    return "half" if has_true_colour else "half256"


def _has_blocks(stream: TextIO) -> bool:
    with suppress(UnicodeEncodeError, LookupError):
        return bool("▀".encode(stream.encoding or "ascii"))
    return False


def _terminal_size(stream: TextIO) -> tuple[int, int, int, int]:
    """Columns, rows, and pixels across and down, of the terminal; 0 where it does not say."""
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
