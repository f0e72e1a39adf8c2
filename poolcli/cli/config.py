"""The command `config`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from poolcli.cli.command import Command
from poolcli.cli.config_file import candidates, settings
from poolcli.cli.option_values import style_from
from poolcli.cli.shared_options import REPORT

if TYPE_CHECKING:
    from poolcli.cli.config_file import Setting

COLUMNS = ("command", "option", "default", "set in")


@click.command(cls=Command, params=[*REPORT])
@click.pass_context
def config(ctx: click.Context, /, **params: Any) -> None:
    """Print the defaults that poolcli.toml sets, and where such files are looked for.

    The user's file is poolcli/poolcli.toml in $XDG_CONFIG_HOME or ~/.config; that of the working
    folder, poolcli.toml, goes before it. A key is the name of an option of files, outputs, runs or
    reports (jobs = 4, report = "json", include = ["*.png"]), for all commands that pool files; in a
    table, such as [info], for that command. The command line goes before both.
    """
    from poolcli.report.records import write_records

    root: Any = ctx.find_root().command
    found = settings(root.list_commands(ctx))
    style = style_from(params)
    if style == "table" and not found:
        places = " or ".join(map(str, candidates())) or "no file: POOLCLI_CONFIG is empty"
        click.echo(f"No defaults are set. They would be read from {places}.")
        return
    rows = [tuple(map(str, each)) for each in found]
    write_records(style, sys.stdout, list(map(_record, found)), COLUMNS, rows)


def _record(setting: Setting) -> dict[str, Any]:
    return {**setting._asdict(), "file": str(setting.file)}
