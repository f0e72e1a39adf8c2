"""Showing: records as a table, JSON or CSV, and how far a run has come. Nobody else prints."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any, TextIO

from poolcli.errors import plain
from poolcli.maps.layout import shape_words

if TYPE_CHECKING:
    from rich.table import Table

    from poolcli.report.run_report import Total

Record = dict[str, Any]


def tell(
    style: str,
    stream: TextIO,
    records: Sequence[Record],
    columns: Sequence[str] = (),
    rows: Iterable[Any] = (),
) -> None:
    """Records in the style asked for: the table shows `columns` and `rows`, the others whole records."""
    if style == "table":
        table(columns, rows, stream)
    elif style in MARKUP:
        stream.writelines(f"{line}\n" for line in MARKUP[style](columns, list(rows)))
    elif style == "json":
        write_json(list(records), stream)
    elif style == "jsonl":
        for each in records:
            print(json.dumps(each), file=stream, flush=True)
    elif style == "csv":
        lines = [flat(each) for each in records]
        writer = csv.DictWriter(stream, list(lines[0]) if lines else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The table as GitHub and others read it."""
    marks = ["---:" if column in RIGHT else "---" for column in columns]
    for cells in (columns, marks, *rows):
        yield f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"


def _latex(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The table as LaTeX sets it, without packages; 3x3 is a product."""
    yield f"\\begin{{tabular}}{{{''.join('r' if column in RIGHT else 'l' for column in columns)}}}"
    yield "\\hline"
    for number, cells in enumerate((columns, *rows)):
        yield (
            " & ".join(map(_set, cells)) + r" \\" + (r" \hline" if number in (0, len(rows)) else "")
        )
    yield "\\end{tabular}"


def _set(cell: str) -> str:
    text = re.sub(r"([&%$#_{}])", r"\\\1", cell).replace("→", r"$\to$").replace("--", "-{}-")
    return re.sub(
        r"\b\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)+\b",
        lambda sizes: f"${sizes[0].replace('x', TIMES)}$",
        text,
    )


BAR = r"\|"  # a bar that parts no columns
TIMES = r" \times "
MARKUP = {"markdown": _markdown, "latex": _latex}


def table(columns: Sequence[str], rows: Iterable[Any], stream: TextIO) -> None:
    """A table in plain lines; numbers to the right. Off a terminal nothing is cut or folded."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, width=None if stream.isatty() else 10_000)
    lines = [[encodable(cell, stream) for cell in row] for row in rows]
    sheet = _sheet(columns, lines)
    if console.measure(sheet, options=console.options.update(width=10_000)).maximum > console.width:
        if _least(columns, lines) > console.width:
            stream.writelines(_cards(columns, lines, console.width))
            return
        sheet = _sheet(columns, lines, tight=True)
    with console.capture() as drawn:
        console.print(sheet)
    stream.write(drawn.get())


def _sheet(columns: Sequence[str], rows: Sequence[Sequence[str]], *, tight: bool = False) -> Table:
    """The table; a tight one breaks facts between words only, so that the paths get the room."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    sheet = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 0 if tight else 1)
    )
    for number, column in enumerate(columns):
        width = _longest(columns, rows, number) if tight and column in FACTS else None
        sheet.add_column(
            column, justify="right" if column in RIGHT else "left", overflow="fold", width=width
        )
    for row in rows:
        sheet.add_row(*map(Text, row))
    return sheet


def _longest(columns: Sequence[str], rows: Sequence[Sequence[str]], number: int) -> int:
    """The length of the longest word of a column; what an arrow leads to is parted from it."""
    return max(len(word) for row in (columns, *rows) for word in re.split(" (?!→)", row[number]))


def _least(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How wide a table must be for its facts to stay whole and its other columns to be readable."""
    longest = [_longest(columns, rows, number) for number in range(len(columns))]
    each = [
        size if column in FACTS else min(size, READABLE)
        for column, size in zip(columns, longest, strict=True)
    ]
    return sum(each) + len(columns) - 1


def _cards(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """A table turned on its side: the first cell of a row, and below it the others, each behind its column's name."""
    indent = max(map(len, columns)) + 4
    for head, *cells in rows:
        yield "\n".join(wrap(head, width, drop_whitespace=False)) + "\n"
        told = [
            f"  {column:<{indent - 4}}  {cell}"
            for column, cell in zip(columns[1:], cells, strict=True)
            if cell
        ]
        yield from (
            fill(line, max(width, indent + 8), subsequent_indent=" " * indent) + "\n"
            for line in told
        )


def encodable(text: str, stream: TextIO) -> str:
    """The text, with an arrow that the stream's encoding has."""
    try:
        "→".encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.replace("→", "->")
    return text


MEASURES = frozenset(
    {"PSNR dB", "SSIM", "aliased %", "shift change %", "cells that differ", "max |Δ|", "first at"}
)
RIGHT = MEASURES | {
    "ms",
    "ratio",
    "MP/s",
    "read ms",
    "pool ms",
    "write ms",
    "receptive",
    "jump",
    "centre",
    "operations",
    "memory",
    "bands",
    "at once",
    "overlap",
    "outside",
    "unseen",
}
READABLE = 10  # letters of a column that is no fact, at least
FACTS = RIGHT - {"memory", "at once"} | {"shape", "dtype", "layout", "mode", "format"}


def write_json(value: Any, stream: TextIO) -> None:
    """A value as indented JSON."""
    print(json.dumps(value, indent=2), file=stream)


def flat(whole: Record) -> Record:
    """A record of one level: shapes as text, names as they may be shown, what is nested left to JSON."""
    flat = {key: value for key, value in whole.items() if key not in ("steps", "more_outputs")}
    words = {
        key: shape_words(value) if isinstance(value, list) else value for key, value in flat.items()
    }
    return {key: plain(value) if isinstance(value, str) else value for key, value in words.items()}


@contextmanager
def live(total: Total, *, shown: bool) -> Iterator[Callable[[], None]]:
    """What to call after each file: a bar on stderr, when that is a terminal and there are many."""
    if not (shown and total.files > 1 and sys.stderr.isatty()):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    facts = TextColumn("{task.fields[speed]}"), TextColumn("[red]{task.fields[failed]}")
    columns = (
        TextColumn("pooling"),
        BarColumn(None),
        MofNCompleteColumn(),
        *facts,
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, expand=True, refresh_per_second=4
    ) as bar:
        task = bar.add_task("", total=total.files, speed="", failed="")

        def tell() -> None:
            failed = f"{total.failed} failed" if total.failed else ""
            bar.update(task, completed=total.told, speed=total.speed, failed=failed)

        yield tell
