"""The command that shows files as they are: `view`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from poolcli.cli.command import Command, Option, inputs_argument, options
from poolcli.cli.options import FOLDERS, LAYOUT, show_option, take_inputs
from poolcli.errors import PoolError, in_flags, plain
from poolcli.pipeline.kinds import NUMBERS
from poolcli.pipeline.parameters import Parameter

CHANNELS = Parameter(
    "channels", ("--channels",), NUMBERS, "Channels to show, from 0.  [default: as many as fit]"
)
PICTURES = options(
    "Pictures",
    Option(["--channels"], metavar=NUMBERS.metavar, help=CHANNELS.help),
    Option(
        ["--page"], metavar="NAME", help="One page of an image, from 0, or one array of an .npz."
    ),
    show_option("auto", "How to show them: auto, on a terminal; or anywhere:"),
)


@click.command(
    cls=Command, params=[inputs_argument("inputs", "INPUT..."), *FOLDERS, *LAYOUT, *PICTURES]
)
@click.pass_context
def view(ctx: click.Context, /, **given: Any) -> None:
    """Show what files hold, as pictures in the terminal: images in their colours, feature maps on a scale."""
    from poolcli.analysis.picture.screen import screen_of
    from poolcli.report.show import encodable
    from poolcli.run.expand import expand

    given["channels"] = given["channels"] and CHANNELS.read(given["channels"])
    screen, failed = screen_of(sys.stdout, given["show"]), False
    for found in expand(take_inputs(given)):
        try:
            seen = _seen(found.path, screen, given)
            sys.stdout.write(
                encodable(seen, sys.stdout) + "\n"
            )  # click.echo would take out the colours
        except PoolError as error:
            failed = True
            click.echo(f"Error: {plain(in_flags(error))}", err=True)
    ctx.exit(int(failed))


def _seen(path: Path, screen: Any, given: dict[str, Any]) -> str:
    """A file's pictures, or where they cannot be shown what is told of them."""
    from poolcli import io
    from poolcli.analysis.picture.panels import shown, told
    from poolcli.analysis.picture.selection import channels_of, pages_of
    from poolcli.run.stdin import open_source

    try:
        pages = pages_of(io.read(open_source(path), given["layout"]), str(path), given["page"])
        if given["channels"]:
            pages = [(title, channels_of(page, given["channels"])) for title, page in pages]
        return (
            shown(pages, screen, given["channels"] and len(given["channels"]))
            if screen
            else told(pages)
        )
    except PoolError as error:
        raise type(error)(f"{path}: {error}") from None
