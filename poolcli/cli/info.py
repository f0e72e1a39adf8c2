"""The command `info`."""

from __future__ import annotations

import sys
from typing import Any

import click

from poolcli.cli.command import Command, inputs_argument
from poolcli.cli.input_maps import header_of, naming, there
from poolcli.cli.option_values import inputs_from, style_from, within_memory
from poolcli.cli.shared_options import FOLDERS, LAYOUT, MEMORY, REPORT
from poolcli.errors import PoolError, in_flags, plain

INPUTS = inputs_argument("inputs", "INPUT...")


@click.command(cls=Command, params=[INPUTS, *FOLDERS, *LAYOUT, *MEMORY, *REPORT])
@click.pass_context
def info(ctx: click.Context, /, **params: Any) -> None:
    """Say what files are, from their headers: format, shape, dtype, mode, layout, pages.

    Without a file: the version, the backend that pools, its threads, and the extras installed.
    """
    if not params["inputs"] and not params.get("files_from"):
        _tell_installation(style_from(params))
        return
    from poolcli.report.file_info_rows import COLUMNS
    from poolcli.report.records import write_records

    with within_memory(params):
        records, rows, failed = _records(params)
    style = style_from(params)
    if records or style == "json":
        write_records(style, sys.stdout, records, COLUMNS, rows)
    ctx.exit(int(failed))


def _tell_installation(style: str) -> None:
    from poolcli.engine.backend import name
    from poolcli.report import installation
    from poolcli.report.records import write_records

    record = installation.installation_record(name())
    rows = [installation.installation_row(record)]
    write_records(style, sys.stdout, [record], installation.COLUMNS, rows)


Records = list[dict[str, Any]]


def _records(params: dict[str, Any]) -> tuple[Records, list[tuple[str, ...]], bool]:
    """The records and rows of the files that can be read, and whether some cannot."""
    from poolcli.report.file_info_rows import info_records, info_rows
    from poolcli.run.expand import expand

    records: Records = []
    rows: list[tuple[str, ...]] = []
    failed = False
    for found in expand(inputs_from(params)).files:
        try:
            with naming(found.name):
                path = there(found)
            header = header_of(path, params["layout"])
        except PoolError as error:
            failed = True
            click.echo(f"Error: {plain(in_flags(error))}", err=True)
            continue
        records += info_records(found.name, header)
        rows += info_rows(found.name, header)
    return records, rows, failed
