"""Tables for the terminal, as wide as it is, and for files, as wide as they need to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill, wrap
from typing import TYPE_CHECKING, TextIO

from poolcli.report.columns import RIGHT_ALIGNED, UNBROKEN, TableRows
from poolcli.report.encoding import encodable

if TYPE_CHECKING:
    from rich.table import Table

UNLIMITED = 10_000  # columns of a stream that is no terminal: nothing is cut or folded
READABLE = 10  # columns that a cell which may be broken anywhere has at least
CARD_MARGIN = 4  # columns beside the names of a card: two before them, two after


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    """Write a table; on a terminal that is too narrow for it, a card for each row."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, width=None if stream.isatty() else UNLIMITED)
    cells = [[encodable(cell, stream) for cell in row] for row in rows]
    table = _rich_table(columns, cells)
    options = console.options.update(width=UNLIMITED)
    if console.measure(table, options=options).maximum > console.width:
        if _least_width(columns, cells) > console.width:
            stream.writelines(_cards(columns, cells, console.width))
            return
        table = _rich_table(columns, cells, tight=True)
    with console.capture() as text:
        console.print(table)
    stream.write(text.get())


def _rich_table(columns: Sequence[str], rows: TableRows, *, tight: bool = False) -> Table:
    """The table; a tight one has no padding, and leaves the width to columns that may be broken."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    padding = (0, 0 if tight else 1)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=padding)
    for number, column in enumerate(columns):
        width = _longest_word(columns, rows, number) if tight and column in UNBROKEN else None
        justify = "right" if column in RIGHT_ALIGNED else "left"
        table.add_column(column, justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _longest_word(columns: Sequence[str], rows: TableRows, number: int) -> int:
    """The length of the longest word of a column; an arrow stays with what is before it."""
    words = [word for row in (columns, *rows) for word in re.split(" (?!→)", row[number])]
    return max(map(len, words))


def _least_width(columns: Sequence[str], rows: TableRows) -> int:
    """The width at which no unbroken cell is broken, and the others are readable."""
    widths = []
    for number, column in enumerate(columns):
        longest = _longest_word(columns, rows, number)
        widths.append(longest if column in UNBROKEN else min(longest, READABLE))
    return sum(widths) + len(columns) - 1


def _cards(columns: Sequence[str], rows: TableRows, width: int) -> Iterator[str]:
    """Each row as lines: its first cell, then the others below it, after their columns' names."""
    indent = max(map(len, columns)) + CARD_MARGIN
    for first, *others in rows:
        yield "\n".join(wrap(first, width, drop_whitespace=False)) + "\n"
        for column, cell in zip(columns[1:], others, strict=True):
            if cell:
                line = f"  {column:<{indent - CARD_MARGIN}}  {cell}"
                folded = fill(line, max(width, indent + 8), subsequent_indent=" " * indent)
                yield folded + "\n"
