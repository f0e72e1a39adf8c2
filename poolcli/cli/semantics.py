"""The command `semantics`."""

from __future__ import annotations

import sys
from typing import Any

import click

from poolcli.cli.command import Command
from poolcli.cli.option_values import style_from
from poolcli.cli.options import REPORT


@click.command(cls=Command, params=list(REPORT))
def semantics(**params: Any) -> None:
    """Print where frameworks disagree: each rule, what every profile of --semantics does, and where
    it is written.
    """
    from poolcli.report.operation_rows import semantics_table
    from poolcli.report.records import write_records

    columns, rows = semantics_table()
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    write_records(style_from(params), sys.stdout, records, columns, rows)
