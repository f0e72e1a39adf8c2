"""The command `view`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from poolcli.cli.command import Command, inputs_argument
from poolcli.cli.input_maps import maps_of, naming, there
from poolcli.cli.option import Option, in_group
from poolcli.cli.option_values import inputs_from, within_memory
from poolcli.cli.shared_options import FOLDERS, LAYOUT, MEMORY, show_option
from poolcli.errors import PoolError, in_flags, plain
from poolcli.pipeline.kinds import NUMBERS
from poolcli.pipeline.parameters import Parameter

if TYPE_CHECKING:
    from poolcli.analysis.drawing.screen import Screen
    from poolcli.run.expand import InputFile

CHANNELS = Parameter(
    "channels", ("--channels",), NUMBERS, "Channels to show, from 0.  [default: as many as fit]"
)
PICTURES = in_group(
    "Pictures",
    Option(["--channels"], metavar=NUMBERS.metavar, help=CHANNELS.help),
    Option(
        ["--page"], metavar="NAME", help="One page of an image, from 0, or one array of an .npz."
    ),
    show_option("auto", "How to show them: auto, on a terminal; or anywhere:"),
)
INPUTS = inputs_argument("inputs", "INPUT...")


@click.command(cls=Command, params=[INPUTS, *FOLDERS, *LAYOUT, *MEMORY, *PICTURES])
@click.pass_context
def view(ctx: click.Context, /, **params: Any) -> None:
    """Show what files hold, as pictures in the terminal: images in their colours, feature maps on a
    scale.
    """
    from poolcli.analysis.drawing.screen import screen_of
    from poolcli.run.expand import expand

    if params["channels"]:
        params["channels"] = CHANNELS.read(params["channels"])
    screen = screen_of(sys.stdout, params["show"])
    with within_memory(params):
        shown = [_show(found, screen, params) for found in expand(inputs_from(params)).files]
    ctx.exit(int(not all(shown)))


def _show(found: InputFile, screen: Screen | None, params: dict[str, Any]) -> bool:
    """Write the pictures of a file, or the error; whether there was none."""
    from poolcli.report.encoding import encodable

    try:
        text = encodable(_pictures(found, screen, params), sys.stdout)
    except PoolError as error:
        click.echo(f"Error: {plain(in_flags(error))}", err=True)
        return False
    sys.stdout.write(text + "\n")  # click.echo would strip the colours off a terminal
    return True


def _pictures(found: InputFile, screen: Screen | None, params: dict[str, Any]) -> str:
    """A file's pictures, or their descriptions where there is no screen to draw on."""
    from poolcli.analysis.drawing.before_after import curves_shown
    from poolcli.analysis.drawing.curves import is_curve
    from poolcli.analysis.drawing.panels import described, shown
    from poolcli.analysis.drawing.selection import channels_of, pages_of

    channels, path = params["channels"], found.name
    with naming(path):
        pages = pages_of(maps_of(there(found), params["layout"]), str(path), params["page"])
        if channels:
            pages = [(title, channels_of(page, channels)) for title, page in pages]
        if screen is None:
            return described(pages)
        if all(is_curve(page) for _, page in pages):
            return "\n".join(curves_shown([page], (), screen) for page in pages)
        return shown(pages, screen, len(channels) if channels else None)
