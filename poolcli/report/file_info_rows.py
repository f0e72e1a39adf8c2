"""Headers of files as records and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolcli.errors import plain
from poolcli.maps.facts import FACTS
from poolcli.maps.layout import shape_words
from poolcli.report.records import Record

if TYPE_CHECKING:
    from poolcli.io import Header, Peek

LONGEST = 60  # letters of a fact in the table; JSON has all
COLUMNS = ("file", "map", "format", "shape", "layout", "dtype", "mode", "carries")


def info_records(path: Path, peek: Peek) -> list[Record]:
    """A record for each map of a file."""
    return [
        {
            "file": str(path),
            "map": header.name,
            "format": peek.format,
            "shape": list(header.shape),
            "layout": header.layout,
            "dtype": str(header.dtype),
            "mode": header.mode,
            "palette": _colours(header),
            "orientation": header.orientation,
            "facts": {name: plainly(value) for name, value in header.facts.items()},
        }
        for header in peek.maps
    ]


def _colours(header: Header) -> int:
    return len(header.picture.palette or b"") // 3 if header.picture else 0


def plainly(value: Any) -> Any:
    """The value of a fact as JSON has it: bytes as their number."""
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        return {str(name): plainly(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def info_rows(path: Path, peek: Peek) -> list[tuple[str, ...]]:
    """A row of the table for each map of a file; one for several that are alike, as of frames."""
    alike = groupby(peek.maps, key=lambda header: _row(path, header, peek.format)[2:])
    return [_row_of([_row(path, header, peek.format) for header in maps]) for _, maps in alike]


def _row_of(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    """A row of several, which names the first and the last of their maps."""
    (file, first, *facts), *_, (_, last, *_) = [rows[0], *rows]
    return file, first if len(rows) == 1 else f"{first} .. {last}", *facts


def _row(path: Path, header: Header, format_: str) -> tuple[str, ...]:
    return (
        plain(path),
        plain(header.name),
        format_,
        shape_words(header.shape),
        header.layout,
        str(header.dtype),
        header.mode,
        plain("; ".join(_carried(header))),
    )


def _carried(header: Header) -> Iterator[str]:
    """What the file carries beside its pixels."""
    if colours := _colours(header):
        yield f"{colours} colours"
    if header.orientation != 1:
        yield f"EXIF orientation {header.orientation}"
    for name, fact in FACTS.items():
        if name in header.facts and name != "storage" and not fact.plain(header.facts[name]):
            yield f"{fact.label}: {shortened(fact.shown(header.facts[name]))}"


def shortened(text: str) -> str:
    """A text for a cell of a table: its first line, and no more than fits one.

    >>> shortened("a" * 99)[-3:]
    'aa…'
    """
    line = text.strip().partition("\n")[0]
    return line if line == text.strip() and len(line) <= LONGEST else line[: LONGEST - 1] + "…"
