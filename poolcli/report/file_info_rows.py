"""Headers of files as records and as rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poolcli.errors import plain
from poolcli.maps.layout import shape_words
from poolcli.report.records import Record

if TYPE_CHECKING:
    from poolcli.io import Peek

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
            "palette": header.palette,
            "icc": header.icc,
            "orientation": header.orientation,
            "dpi": list(header.dpi) if header.dpi else None,
            "spacing": [[size, unit] for size, unit in header.spacing],
        }
        for header in peek.maps
    ]


def info_row(record: Record) -> tuple[str, ...]:
    """The row of a record."""
    names = ("map", "format", "shape", "layout", "dtype", "mode")
    facts = {**record, "shape": shape_words(record["shape"])}
    return plain(record["file"]), *(plain(facts[name]) for name in names), _carried(record)


def _carried(record: Record) -> str:
    """What the file carries beside its pixels."""
    facts = [
        f"{record['palette']} colours" if record["palette"] else "",
        "ICC" if record["icc"] else "",
        f"EXIF orientation {record['orientation']}" if record["orientation"] != 1 else "",
        f"{record['dpi'][0]:g} dpi" if record["dpi"] else "",
        " x ".join(f"{size:g} {unit}".strip() for size, unit in record["spacing"]),
    ]
    return ", ".join(filter(None, facts))
