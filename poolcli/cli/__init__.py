"""The command line: Click, and nothing that another room could do."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

import click

from poolcli import __version__
from poolcli.cli.help import Helpful
from poolcli.cli.immediate_exit import leave
from poolcli.errors import PoolError, RequestError, in_flags, plain
from poolcli.pipeline.parameters import did_you_mean
from poolcli.pipeline.table import OPS

if TYPE_CHECKING:
    from poolcli.cli.help import Rows
    from poolcli.cli.suggestions import Items

COMMANDS = {
    "run": ("poolcli.cli.pool", "Run a pipeline, as text or from a recipe file."),
    "shape": (
        "poolcli.cli.look",
        "Plan a pipeline without pixels: shapes, receptive field, memory.",
    ),
    "explain": ("poolcli.cli.explain", "Tell how one number of a result came about."),
    "solve": ("poolcli.cli.solve", "List the windows that make one size of another."),
    "compare": (
        "poolcli.cli.compare",
        "Put pipelines next to each other on one map, or frameworks on one pipeline.",
    ),
    "ops": ("poolcli.cli.look", "List the reducers and the windows, with formulas and sources."),
    "semantics": (
        "poolcli.cli.look",
        "Print where frameworks disagree, and what --semantics chooses.",
    ),
    "bench": (
        "poolcli.cli.bench",
        "Time a step next to the loop of the textbook and to other libraries.",
    ),
    "view": ("poolcli.cli.view", "Show what files hold, as pictures in the terminal."),
    "info": ("poolcli.cli.look", "Say what files are: shape, dtype, mode, layout, pages."),
    "man": ("poolcli.cli.man", "Print a manual page: of poolcli, or of a command."),
    "completion": ("poolcli.cli.completion", "Print what makes a shell complete poolcli's words."),
}
TABLE = {
    "Reducers": [(name, f"{op.summary}: {op.formula}") for name, op in OPS.items()],
    "Commands": [(name, summary) for name, (_, summary) in COMMANDS.items()],
}
KNOW = {
    "Exit codes": [
        ("0", "All is done."),
        ("1", "Some inputs failed; the others are done."),
        ("2", "The request is wrong."),
        ("3", "The inputs name nothing."),
        ("130", "It was interrupted."),
    ],
    "Environment": [
        ("NO_COLOR", "Pictures are letters, and tables have no colours."),
        (
            "TERM, COLORTERM, TERM_PROGRAM",
            "How --show draws: kitty, sixel, or half blocks in as many colours.",
        ),
        (
            "COLUMNS, LINES",
            "The room for help, tables and pictures, where the terminal does not tell.",
        ),
    ],
}


class Poolcli(Helpful, click.Group):
    """The commands: a row of the table each, and a few more. A command is made when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        return [*OPS, *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
            return command
        if cmd_name in OPS:
            from poolcli.cli.pool import op_command

            return op_command(OPS[cmd_name])
        if ctx.resilient_parsing:
            return None
        raise RequestError(
            f"there is no command {cmd_name!r}{did_you_mean(cmd_name, self.list_commands(ctx))}"
        )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """What a shell offers for a command, without making them all."""
        from poolcli.cli.suggestions import Item

        items = [Item(name, help=text) for rows in TABLE.values() for name, text in rows]
        return [
            item for item in items if item.value.startswith(incomplete)
        ] or super().shell_complete(ctx, incomplete)

    def sections(self, ctx: click.Context) -> dict[str, Rows]:
        """The commands, then the options and what else there is to know."""
        return {**TABLE, **super().sections(ctx), **KNOW}


@click.command(
    cls=Poolcli,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="poolcli COMMAND --help tells the options of one.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def poolcli() -> None:
    """Pool images and feature maps: pick how a window becomes one number, pick the windows."""


def main(args: list[str] | None = None) -> NoReturn:
    """Run, and end with the exit code; what was foreseen is one line on stderr."""
    _open_streams()
    if "_POOLCLI_COMPLETE" in os.environ:
        import_module("poolcli.cli.completion")
    code = 0
    try:
        code = _run(args)
        sys.stdout.flush()
    except PoolError as error:
        code = _say(in_flags(error), error.exit_code)
    except click.ClickException as error:
        code = _say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _say("interrupted", 130)
    except SystemExit:  # Click's way out of a closed pipe
        code = 0
    except OSError as error:
        code = _refused(error, code)
    _leave(code)


def _run(args: list[str] | None) -> int:
    try:
        code: int = poolcli.main(args, prog_name="poolcli", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 2
    return code


def _leave(code: int) -> NoReturn:
    """End; at once where somebody insisted, and did not wait for the threads that still work."""
    if code == 130 and threading.active_count() > 1:
        leave(code)
    sys.exit(code)


def _open_streams() -> None:
    """Streams that the caller closed lead nowhere; where a file's name does not fit the encoding, it is spelt out."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _refused(error: OSError, code: int) -> int:
    """Say what the system refused, unless a failure has been told already, or nobody listens any more."""
    from poolcli.io import reason

    if (
        error.filename is None
    ):  # what stdout did not take is dropped, or the interpreter would try again as it leaves
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if code or isinstance(error, BrokenPipeError):
        return code
    return _say(f"{error.filename or 'stdout'}: {reason(error)}", 1)


def _say(message: str, code: int) -> int:
    with suppress(OSError):  # the code says it, too
        click.echo(f"Error: {plain(message)}", err=True)
    return code
