"""Tables of text, as wide as the terminal, or in files as wide as they need to be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, TextIO

from poolcli.report.columns import RIGHT_ALIGNED, TableRows
from poolcli.report.encoding import encodable

if TYPE_CHECKING:
    from rich.table import Table

GAP, NARROW_GAP = 3, 1  # letters between the columns of rich's tables, with padding and without
CARD_MARGIN = 4  # letters beside the names of a card: two before them, two after
NARROWEST_CARD = 8  # letters of a cell in a card, however narrow the terminal is
BREAK = re.compile(" (?!→)")  # an arrow stays with what is before it
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    """Write a table; on a terminal that is too narrow for it, a card for each row.

    Cells are broken between words, and never inside a name.
    """
    cells = [[encodable(cell, stream) for cell in row] for row in rows]
    if not stream.isatty():
        stream.writelines(_unstyled(columns, cells, stream))
        return
    from rich.console import Console

    console = Console(file=stream, highlight=False)
    gap, widths = _layout(columns, cells, console.width)
    if widths is None:
        stream.writelines(_cards(columns, cells, console.width))
        return
    with console.capture() as text:
        console.print(_rich_table(columns, cells, widths, gap))
    stream.writelines(f"{line.rstrip()}\n" for line in text.get().splitlines())


def _unstyled(columns: Sequence[str], rows: TableRows, stream: TextIO) -> Iterator[str]:
    """The lines of a table that is as wide as it needs to be, without bold letters.

    Loading rich would take a tenth of what pooling a small image does.
    """
    widths = [max(map(_cell_len, column)) for column in zip(columns, *rows, strict=True)]
    on_right = [column in RIGHT_ALIGNED for column in columns]
    for number, row in enumerate((columns, *rows)):
        cells = map(_padded, row, widths, on_right)
        yield (" " * GAP).join(cells).rstrip() + "\n"
        if number == 0:
            rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
            yield encodable(rule, stream) + "\n"


def _padded(text: str, width: int, on_right: bool) -> str:  # noqa: FBT001 - mapped over columns
    spaces = " " * (width - _cell_len(text))
    return spaces + text if on_right else text + spaces


def _cell_len(text: str) -> int:
    """The columns of a terminal that a text takes; wide letters take two."""
    if text.replace("→", "-").isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _rich_table(columns: Sequence[str], rows: TableRows, widths: Sequence[int], gap: int) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    padding = (0, 1 if gap == GAP else 0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=padding)
    for column, width in zip(columns, widths, strict=True):
        justify = "right" if column in RIGHT_ALIGNED else "left"
        table.add_column(column, justify=justify, width=width)  # type: ignore[arg-type]
    for row in rows:
        lines = map(_lines, row, widths)
        table.add_row(*(Text("\n".join(each)) for each in lines))
    return table


def _cards(columns: Sequence[str], rows: TableRows, width: int) -> Iterator[str]:
    """Each row as lines: its first cell, then the others below it, after their columns' names."""
    indent = max(map(len, columns)) + CARD_MARGIN
    for first, *others in rows:
        if first:
            yield "\n".join(_lines(first, width)) + "\n"
        for column, cell in zip(columns[1:], others, strict=True):
            if cell:
                lines = _lines(cell, max(NARROWEST_CARD, width - indent))
                name = f"  {column:<{indent - CARD_MARGIN}}  "
                yield name + f"\n{' ' * indent}".join(lines) + "\n"


def _lines(text: str, columns: int) -> list[str]:
    """The text in lines of so many columns, broken between words; a longer word stays whole.

    >>> _lines("avg -k 2 of photographs", 8)
    ['avg -k 2', 'of', 'photographs']
    """
    whole = text.replace(" →", f"{NO_BREAK_SPACE}→")
    lines = wrap(whole, columns, break_long_words=False, break_on_hyphens=False)
    return [line.replace(NO_BREAK_SPACE, " ") for line in lines]


# Widths ---------------------------------------------------------------------------------------


def _layout(columns: Sequence[str], rows: TableRows, width: int) -> tuple[int, list[int] | None]:
    """The gap between columns and their widths; None where they do not fit into `width`."""
    table = list(zip(columns, *rows, strict=True))
    natural = [max(map(_cell_len, column)) for column in table]
    gaps = len(columns) - 1
    if sum(natural) + GAP * gaps <= width:
        return GAP, natural
    words = [[word for cell in column for word in BREAK.split(cell)] for column in table]
    least = [max(map(_cell_len, column)) for column in words]
    left = width - NARROW_GAP * gaps
    if sum(least) > left:
        return NARROW_GAP, None
    bodies = [max(map(_cell_len, column[1:]), default=0) for column in table]
    without_heads = list(map(max, bodies, least))
    return NARROW_GAP, _shrunk(_shrunk(natural, without_heads, left), least, left)


def _shrunk(widths: list[int], least: Sequence[int], total: int) -> list[int]:
    """The widths, shrunk until their sum is `total`, none below its least.

    It is always the column whose longest cell then takes the fewest lines that is shrunk, of
    several the widest.

    >>> _shrunk([9, 5, 30], [9, 2, 4], 30)
    [9, 5, 16]
    >>> _shrunk([20, 90], [9, 9], 60)
    [15, 45]
    """
    now = list(widths)
    while sum(now) > total:
        able = [number for number, width in enumerate(now) if width > least[number]]
        if not able:
            break
        lines = {number: -(-widths[number] // (now[number] - 1)) for number in able}
        now[min(able, key=lambda number: (lines[number], -now[number]))] -= 1
    return now
