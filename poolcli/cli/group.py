"""The group of all commands: one for each operation of the table, and the others by module."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from poolcli import __version__
from poolcli.cli.config_file import defaults
from poolcli.cli.help import Helpful
from poolcli.errors import RequestError
from poolcli.pipeline.parameters import no_operation
from poolcli.pipeline.registry import (
    is_operation,
    load_file,
    op_named,
    plugin_names,
    plugin_summary,
)
from poolcli.pipeline.synonyms import operation_for
from poolcli.pipeline.table import OPS

if TYPE_CHECKING:
    from poolcli.cli.help import HelpRows
    from poolcli.cli.suggestions import Items

# The commands that are no operation, each in the module of its name, and their summaries.
COMMANDS = {
    "run": "Run a pipeline, as text or from a recipe file.",
    "shape": "Plan a pipeline without pixels: shapes, receptive field, memory.",
    "explain": "Tell how one number of a result came about.",
    "solve": "List the windows that make one size of another.",
    "compare": "Put pipelines next to each other on one map, or frameworks on one pipeline.",
    "ops": "List the reducers and the windows, with formulas and sources.",
    "semantics": "Print where frameworks disagree, and what --semantics chooses.",
    "bench": "Time a step next to the loop of the textbook and to other libraries.",
    "view": "Show what files hold, as pictures in the terminal.",
    "info": "Say what files are: shape, dtype, mode, layout, pages.",
    "config": "Print the defaults that poolcli.toml sets.",
    "man": "Print a manual page: of poolcli, or of a command.",
    "completion": "Print what makes a shell complete poolcli's words.",
}
COMMAND_SECTIONS = {
    "Reducers": [(name, f"{op.summary}: {op.formula}") for name, op in OPS.items()],
    "Commands": list(COMMANDS.items()),
}
REFERENCE_SECTIONS = {
    "Exit codes": [
        ("0", "All is done."),
        ("1", "Some inputs failed; the others are done."),
        ("2", "The request is wrong."),
        ("3", "The inputs name nothing."),
        ("130", "It was interrupted."),
    ],
    "Environment": [
        ("POOLCLI_CONFIG", "The only poolcli.toml to read defaults from; empty for none."),
        ("NO_COLOR", "Pictures are letters, and tables have no colours."),
        ("POOLCLI_BACKEND", "What pools: plain (NumPy) or compiled (C++, where it was built)."),
        (
            "TERM, COLORTERM, TERM_PROGRAM",
            "How --show draws: kitty, sixel, or half blocks in as many colours.",
        ),
        (
            "COLUMNS, LINES",
            "Size of help, tables and pictures, where the terminal does not tell.",
        ),
    ],
}


class PoolcliGroup(Helpful, click.Group):
    """All commands. A command is built, and its module imported, when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        return [*OPS, *plugin_names(), *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module = import_module(f"poolcli.cli.{cmd_name}")
            command: click.Command = getattr(module, cmd_name)
            return command
        if is_operation(cmd_name):
            from poolcli.cli.operation_command import operation_command

            return operation_command(op_named(cmd_name))
        if ctx.resilient_parsing:
            return None
        raise _no_command(cmd_name, self.list_commands(ctx))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command, which are few."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = "--version tells the version, and other options come after a command"
            raise RequestError(f"poolcli has no option {error.option_name}: {hint}") from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, whose options have the defaults that poolcli.toml sets."""
        ctx.default_map = defaults(self._names(ctx))
        return super().invoke(ctx)

    def _names(self, ctx: click.Context) -> Iterator[str]:
        """The names of all commands, found when they are asked for."""
        yield from self.list_commands(ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """Offer names of commands without building the commands."""
        from poolcli.cli.suggestions import Item

        rows = [row for section in _sections().values() for row in section]
        items = [Item(name, help=text) for name, text in rows if name.startswith(incomplete)]
        return items or super().shell_complete(ctx, incomplete)

    def sections(self, ctx: click.Context) -> dict[str, HelpRows]:
        """The commands, their common options, and the reference."""
        return {**_sections(), **super().sections(ctx), **REFERENCE_SECTIONS}


def _sections() -> dict[str, HelpRows]:
    """The commands, with those of plugins after poolcli's own reducers."""
    plugins = [(name, plugin_summary(name)) for name in plugin_names() if name not in COMMANDS]
    own, rest = COMMAND_SECTIONS["Reducers"], COMMAND_SECTIONS["Commands"]
    more = {"Reducers of plugins": plugins} if plugins else {}
    return {"Reducers": own, **more, "Commands": rest}


def _load_plugins(ctx: click.Context, _: click.Parameter, paths: tuple[str, ...]) -> None:  # noqa: ARG001
    """Load the reducers of files before a command is looked for."""
    for path in paths:
        load_file(path, tuple(COMMANDS))


def _no_command(word: str, commands: list[str]) -> RequestError:
    """The error for a command that does not exist, which may be a file without a reducer."""
    if operation_for(word.rpartition(".")[2]) is None and ("." in word or "/" in word):
        return RequestError(
            f"there is no command {word!r}; a file comes after its reducer: poolcli max {word}"
        )
    return no_operation(word.rpartition(".")[2], commands, "command")


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    """Tell the version, and what pools."""
    if not wanted or ctx.resilient_parsing:
        return
    from poolcli.engine.backend import name

    click.echo(f"poolcli {__version__} ({name()} backend)")
    ctx.exit()


@click.command(
    cls=PoolcliGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="poolcli COMMAND --help tells the options of one.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and the backend, and exit.",
)
@click.option(
    "--plugin",
    metavar="FILE",
    multiple=True,
    expose_value=False,
    is_eager=True,
    callback=_load_plugins,
    help="A Python file of reducers: poolcli --plugin mine.py NAME -k 3 img.png.",
)
def poolcli() -> None:
    """Pool images and feature maps: pick how a window becomes one number, pick the windows."""
