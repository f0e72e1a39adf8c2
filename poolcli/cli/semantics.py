"""The command `semantics`."""

from __future__ import annotations

import sys
from typing import Any

import click

from poolcli.cli.command import Command
from poolcli.cli.option_values import style_from
from poolcli.cli.shared_options import REPORT
from poolcli.pipeline.profiles import NAMES

PROFILES = click.Argument(["names"], type=click.Choice(NAMES), nargs=-1, metavar="[NAME]...")


@click.command(cls=Command, params=[PROFILES, *REPORT])
def semantics(names: tuple[str, ...], **params: Any) -> None:
    """Print the profiles of --semantics, and the defaults that each sets. With names: where these
    frameworks disagree, each rule with what they do and where it is written.
    """
    from poolcli.report import operation_rows
    from poolcli.report.records import write_records

    style = style_from(params)
    if names:
        columns, rows = operation_rows.rules_table(dict.fromkeys(names))
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        write_records(style, sys.stdout, records, columns, rows)
        return
    records = operation_rows.profile_records()
    write_records(style, sys.stdout, records, tuple(records[0]), operation_rows.profile_rows())
