"""The command `ops`."""

from __future__ import annotations

import sys
from typing import Any

import click

from poolcli.cli.command import Command
from poolcli.cli.option_values import style_from
from poolcli.cli.shared_options import REPORT


@click.command(cls=Command, params=list(REPORT))
def ops(**params: Any) -> None:
    """List the reducers and the kinds of windows, with their formulas, options and sources."""
    from poolcli.report import operation_rows
    from poolcli.report.records import write_records

    reducers, windows = operation_rows.reducer_records(), operation_rows.windows_records()
    style = style_from(params)
    if style != "table":
        write_records(style, sys.stdout, [*reducers, *windows])
        return
    operation_rows.write_tables(reducers, windows, sys.stdout)
