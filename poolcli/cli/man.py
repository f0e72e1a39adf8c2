"""The command `man`: manual pages, made from what --help shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from poolcli import __version__
from poolcli.cli.command import Command
from poolcli.cli.examples import EXAMPLES
from poolcli.cli.help import Helpful
from poolcli.cli.suggestions import starting_with

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items

# Characters that roff takes for its own, or replaces by typographic ones: groff_char(7).
_ESCAPES = {"\\": "(rs", "-": "-", "'": "(aq", "`": "(ga", "^": "(ha", "~": "(ti", '"': "(dq"}
_ROFF = str.maketrans({character: "\\" + name for character, name in _ESCAPES.items()})


def manual_page(command: Helpful, ctx: click.Context, name: str) -> str:
    """The manual page of a command, as roff with the macros of man(7)."""
    dashed = name.replace(" ", "-")
    short = command.get_short_help_str(200).rstrip(".")
    usage = " ".join(command.collect_usage_pieces(ctx))
    text = "\n\n".join(filter(None, (command.help, command.epilog)))
    lines = [
        f'.TH "{_roff(dashed.upper())}" 1 "" "poolcli {_roff(__version__)}" "poolcli"',
        ".SH NAME",
        _roff(f"{dashed} - {short[:1].lower()}{short[1:]}"),
        ".SH SYNOPSIS",
        f".B {_roff(name)}",
        _roff(usage),
        ".SH DESCRIPTION",
        *_paragraphs(text),
        *_option_sections(command, ctx),
    ]
    if examples := EXAMPLES.get(command.name or ""):
        lines += [".SH EXAMPLES", ".nf", *map(_roff, examples), ".fi"]
    return "\n".join(lines) + "\n"


def _option_sections(command: Helpful, ctx: click.Context) -> list[str]:
    lines = []
    for title, rows in command.sections(ctx).items():
        lines.append(f".SH {title.upper()}")
        for option, text in rows:
            lines += [".TP", f".B {_roff(option)}", _roff(text)]
    return lines


def _roff(text: str) -> str:
    line = text.translate(_ROFF)
    return rf"\&{line}" if line.startswith(".") else line


def _paragraphs(text: str) -> list[str]:
    r"""Paragraphs of running text; those that begin with \b, as Click has it, line by line."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        body = [_roff(line) for line in paragraph.lstrip("\b\n").split("\n")]
        lines.append(".PP")
        if paragraph.startswith("\b"):
            lines += [".nf", *body, ".fi"]
        else:
            lines.append(re.sub(r"\s+", " ", " ".join(body)).strip())
    return lines[1:]  # the first paragraph follows its heading


def _command_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    root = ctx.find_root().command
    if not isinstance(root, click.Group):
        return []
    return starting_with(incomplete, root.list_commands(ctx))


NAME = click.Argument(["name"], required=False, metavar="[COMMAND]", shell_complete=_command_names)


@click.command(cls=Command, params=[NAME])
@click.pass_context
def man(ctx: click.Context, /, name: str | None) -> None:
    """Print a manual page: of poolcli, or of a command."""
    top = ctx.find_root()
    root: Any = top.command
    command = root.get_command(top, name) if name else root
    context = click.Context(command, parent=top) if name else top
    click.echo(manual_page(command, context, f"poolcli {name}" if name else "poolcli"), nl=False)
