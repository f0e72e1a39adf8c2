"""The command `completion`: what makes bash, zsh and fish complete poolcli's words."""

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

from poolcli.cli.command import Command
from poolcli.cli.option import with_bare_values

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items


class _WholeWordComplete(ShellComplete):
    """Completion for shells that replace a whole word, such as --show=ha by --show=half."""

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """What `incomplete` may become, after these arguments."""
        found = super().get_completions(self.with_values(args), incomplete)
        flag = incomplete[: incomplete.find("=") + 1] if incomplete.startswith("-") else ""
        if not flag:
            return found
        return [CompletionItem(flag + item.value, item.type, item.help) for item in found]

    def with_values(self, args: list[str]) -> list[str]:
        """The arguments, where options of their command have the values that may be left out."""
        assert isinstance(self.cli, click.Group)
        context = click.Context(self.cli)
        name = next((arg for arg in args if not arg.startswith("-")), "")
        if name not in self.cli.list_commands(context):
            return args
        command = self.cli.get_command(context, name)
        return with_bare_values(args, command.params if command else ())


@add_completion_class
class Bash(_WholeWordComplete, BashComplete):
    """Bash splits words at `=`, and replaces only the part after it."""

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """What the part `incomplete` may become, after these parts of arguments."""
        parts = "\0".join([*args, incomplete])
        *whole, last = parts.replace("\0=\0", "=").replace("\0=", "=").split("\0")
        return super(_WholeWordComplete, self).get_completions(self.with_values(whole), last)


@add_completion_class
class Zsh(_WholeWordComplete, ZshComplete):
    """Completion for zsh."""


@add_completion_class
class Fish(_WholeWordComplete, FishComplete):
    """Completion for fish."""


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}
SHELL = click.Argument(["shell"], type=click.Choice(list(SHELLS)), metavar="|".join(SHELLS))


@click.command(cls=Command, params=[SHELL])
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print what makes a shell complete poolcli's words: commands, options, choices, reducers,
    recipes.
    """
    script = SHELLS[shell](ctx.find_root().command, {}, "poolcli", "_POOLCLI_COMPLETE")
    sys.stdout.write(script.source())
