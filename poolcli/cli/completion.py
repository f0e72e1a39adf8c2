"""Completion in bash, zsh and fish: Click's own, and the words that are joined by =."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from poolcli.cli.command import Command, joined

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items


class _Equal(ShellComplete):
    """A shell that offers what the whole word could be, such as --show=half."""

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """What could be written for the last word, behind these."""
        lead = incomplete[: incomplete.find("=") + 1] if incomplete.startswith("-") else ""
        found = super().get_completions(joined(args), incomplete)
        return (
            [CompletionItem(lead + item.value, item.type, item.help) for item in found]
            if lead
            else found
        )


@add_completion_class
class Bash(_Equal, BashComplete):
    """Bash parts words at =, and asks for what comes behind it."""

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """What could be written for the last part, behind these."""
        *whole, last = (
            "\0".join([*args, incomplete]).replace("\0=\0", "=").replace("\0=", "=").split("\0")
        )
        return super(_Equal, self).get_completions(joined(whole), last)


@add_completion_class
class Zsh(_Equal, ZshComplete):
    """Zsh."""


@add_completion_class
class Fish(_Equal, FishComplete):
    """Fish."""


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


@click.command(
    cls=Command,
    params=[click.Argument(["shell"], type=click.Choice(list(SHELLS)), metavar="|".join(SHELLS))],
)
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print what makes a shell complete poolcli's words: commands, options, choices, reducers, recipes."""
    sys.stdout.write(
        SHELLS[shell](ctx.find_root().command, {}, "poolcli", "_POOLCLI_COMPLETE").source()
    )
