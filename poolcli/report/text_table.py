"""Tables for the terminal, as wide as it is, and for files, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from poolcli.report.columns import RIGHT_ALIGNED, TableRows
from poolcli.report.encoding import encodable
from poolcli.report.terminal_text import (
    columns_of,
    longest_word,
    padded,
    terminal_columns,
    wrapped,
)

GAP, NARROW_GAP = 3, 1  # letters between columns, and where there is no room for these
CARD_MARGIN = 4  # letters beside the names of a card: two before them, two after
NARROWEST_CARD = 8  # letters of a cell in a card, however narrow the terminal is
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    """Write a table; on a terminal that is too narrow for it, a card for each row.

    Cells are broken between words, and never inside a name.
    """
    cells = [[encodable(cell, stream) for cell in row] for row in rows]
    gap, widths = _layout(columns, cells, terminal_columns(stream))
    if widths is None:
        stream.writelines(_cards(columns, cells, terminal_columns(stream) or 0))
        return
    heading, *others = _table(columns, cells, widths, gap)
    bold, plain = (BOLD, PLAIN) if stream.isatty() else ("", "")
    rule = encodable("─" * (sum(widths) + gap * (len(widths) - 1)), stream)
    stream.writelines(f"{bold}{line}{plain}\n" for line in heading)
    stream.writelines(f"{line}\n" for line in (rule, *(line for row in others for line in row)))


# Widths ---------------------------------------------------------------------------------------


def _layout(
    columns: Sequence[str], rows: TableRows, width: int | None
) -> tuple[int, list[int] | None]:
    """The gap between columns and their widths; None where they do not fit into `width`."""
    table = list(zip(columns, *rows, strict=True))
    natural = [max(map(columns_of, column)) for column in table]
    gaps = len(columns) - 1
    if width is None or sum(natural) + GAP * gaps <= width:
        return GAP, natural
    least = [max(map(longest_word, column)) for column in table]
    room = width - NARROW_GAP * gaps
    if sum(least) > room:
        return NARROW_GAP, None
    bodies = [max(map(columns_of, column[1:]), default=0) for column in table]
    without_heads = [max(pair) for pair in zip(bodies, least, strict=True)]
    return NARROW_GAP, _shrunk(_shrunk(natural, without_heads, room), least, room)


def _shrunk(widths: list[int], least: Sequence[int], room: int) -> list[int]:
    """The widths, of which the largest have been shrunk, none below its least, to fit the room.

    >>> _shrunk([9, 5, 30], [9, 2, 4], 30)
    [9, 5, 16]
    """
    widths = list(widths)
    while sum(widths) > room:
        able = [number for number, width in enumerate(widths) if width > least[number]]
        if not able:
            break
        widths[max(able, key=widths.__getitem__)] -= 1
    return widths


# Lines ----------------------------------------------------------------------------------------


def _table(
    columns: Sequence[str], rows: TableRows, widths: Sequence[int], gap: int
) -> Iterator[list[str]]:
    """The lines of the heading, and those of each row."""
    on_right = [column in RIGHT_ALIGNED for column in columns]
    for number, row in enumerate((columns, *rows)):
        parts = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        height = max(map(len, parts))
        for lines in parts:  # names stand just above their columns
            missing = [""] * (height - len(lines))
            lines[:] = lines + missing if number else missing + lines
        yield [
            (" " * gap).join(map(padded, line, widths, on_right)).rstrip()
            for line in zip(*parts, strict=True)
        ]


def _cards(columns: Sequence[str], rows: TableRows, width: int) -> Iterator[str]:
    """Each row as lines: its first cell, then the others below it, after their columns' names."""
    indent = max(map(columns_of, columns)) + CARD_MARGIN
    for first, *others in rows:
        if first:
            yield "\n".join(wrapped(first, width)) + "\n"
        for column, cell in zip(columns[1:], others, strict=True):
            if cell:
                lines = wrapped(cell, max(NARROWEST_CARD, width - indent))
                name = f"  {padded(column, indent - CARD_MARGIN, on_right=False)}  "
                yield name + f"\n{' ' * indent}".join(lines) + "\n"
