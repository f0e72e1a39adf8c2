"""The tables of operations, kinds of windows, and rules of frameworks as records and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from poolcli.errors import in_flags
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS
from poolcli.report.records import Record
from poolcli.report.text_table import write_table


def reducer_records() -> list[Record]:
    """The rows of the table of operations as JSON has them."""
    return [
        {
            "name": op.name,
            "formula": op.formula,
            "options": " ".join(parameter.flag for parameter in op.parameters),
            "source": op.source,
        }
        for op in OPS.values()
    ]


def windows_records() -> list[Record]:
    """The kinds of windows as JSON has them."""
    return [
        {
            "name": kind.name,
            "formula": kind.summary,
            "options": " ".join(parameter.flag for parameter in kind.parameters),
            "source": kind.source,
        }
        for kind in WINDOW_KINDS
    ]


def write_tables(reducers: Sequence[Record], windows: Sequence[Record], stream: TextIO) -> None:
    """Write both as tables, an empty line between them."""
    write_table(("reducer", "formula", "options", "source"), map(_row, reducers), stream)
    stream.write("\n")
    write_table(("windows", "cells", "options", "source"), map(_row, windows), stream)


def _row(record: Record) -> tuple[str, ...]:
    return record["name"], record["formula"], record["options"], record["source"]


def semantics_table() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns and rows of the rules by which frameworks differ."""
    rows = [tuple(map(in_flags, rule.row)) for rule in RULES]
    return ("rule", *PROFILES, "source"), rows
