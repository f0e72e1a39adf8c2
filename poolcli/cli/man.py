"""Manual pages, made from what --help shows: `man`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from poolcli import __version__
from poolcli.cli.command import Command
from poolcli.cli.examples import EXAMPLES
from poolcli.cli.help import Helpful
from poolcli.cli.suggestions import beginning

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items

# What roff would take for its own, or for a typographer's: groff_char(7).
_LETTERS = {"\\": "(rs", "-": "-", "'": "(aq", "`": "(ga", "^": "(ha", "~": "(ti", '"': "(dq"}
_ROFF = str.maketrans({letter: "\\" + name for letter, name in _LETTERS.items()})


def page(command: Helpful, ctx: click.Context, name: str) -> str:
    """The manual page of a command, as roff with the macros of man(7)."""
    short = command.get_short_help_str(200).rstrip(".")
    lines = [
        f'.TH "{_roff(name.replace(" ", "-").upper())}" 1 "" "poolcli {_roff(__version__)}" "poolcli"'
    ]
    lines += [".SH NAME", _roff(f"{name.replace(' ', '-')} - {short[:1].lower()}{short[1:]}")]
    lines += [
        ".SH SYNOPSIS",
        f".B {_roff(name)}",
        _roff(" ".join(command.collect_usage_pieces(ctx))),
    ]
    lines += [
        ".SH DESCRIPTION",
        *_paragraphs("\n\n".join(filter(None, (command.help, command.epilog)))),
    ]
    for title, rows in command.sections(ctx).items():
        lines.append(f".SH {title.upper()}")
        for word, text in rows:
            lines += [".TP", f".B {_roff(word)}", _roff(text)]
    if examples := EXAMPLES.get(command.name or ""):
        lines += [".SH EXAMPLES", ".nf", *map(_roff, examples), ".fi"]
    return "\n".join(lines) + "\n"


def _roff(text: str) -> str:
    line = text.translate(_ROFF)
    return rf"\&{line}" if line.startswith(".") else line


def _paragraphs(text: str) -> list[str]:
    r"""Paragraphs of running text, and those that begin with \b line by line."""
    lines = []
    for part in text.split("\n\n"):
        kept = part.startswith("\b")
        body = [_roff(line) for line in part.lstrip("\b\n").split("\n")]
        lines += [
            ".PP",
            *([".nf", *body, ".fi"] if kept else [re.sub(r"\s+", " ", " ".join(body))]),
        ]
    return lines[1:]


def _commands(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    root = ctx.find_root().command
    return beginning(incomplete, root.list_commands(ctx)) if isinstance(root, click.Group) else []


NAME = click.Argument(["name"], required=False, metavar="[COMMAND]", shell_complete=_commands)


@click.command(cls=Command, params=[NAME])
@click.pass_context
def man(ctx: click.Context, /, name: str | None) -> None:
    """Print a manual page: of poolcli, or of a command."""
    top = ctx.find_root()
    root: Any = top.command
    command = root.get_command(top, name) if name else root
    there = click.Context(command, parent=top) if name else top
    click.echo(page(command, there, f"poolcli {name}" if name else "poolcli"), nl=False)
