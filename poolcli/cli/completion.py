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
    """Bash splits words at `=` and `:`, and replaces only the part after it."""

    # No space follows a key, whose value comes next.
    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)", "COMPREPLY+=($value); [[ $value == *= ]] && compopt -o nospace"
    )

    def get_completions(self, args: list[str], incomplete: str) -> Items:
        """What the part `incomplete` may become, after these parts of arguments."""
        parts = "\0".join([*args, incomplete])
        for mark in "=:":
            parts = parts.replace(f"\0{mark}\0", mark).replace(f"\0{mark}", mark)
        *whole, last = parts.split("\0")
        found = super(_WholeWordComplete, self).get_completions(self.with_values(whole), last)
        # Click itself leaves out what stands before the = of an option.
        before = "" if " " in last or last.startswith("-") else last
        count = max(before.rfind(mark) for mark in "=:") + 1
        return [_without(item, before[:count]) for item in found]


def _without(item: CompletionItem[str], before: str) -> CompletionItem[str]:
    """The same offer for the part of a word that follows this text."""
    return CompletionItem(item.value.removeprefix(before), item.type, item.help)


@add_completion_class
class Zsh(_WholeWordComplete, ZshComplete):
    """Completion for zsh."""

    # No space follows a key, whose value comes next.
    source_template = ZshComplete.source_template.replace(
        'if [[ "$descr" == "_" ]]; then',
        """if [[ "$key" == *= ]]; then
                compadd -U -S '' -- "$key"
            elif [[ "$descr" == "_" ]]; then""",
    )


@add_completion_class
class Fish(_WholeWordComplete, FishComplete):
    """Completion for fish, of which only the first comma parts a kind from a word."""

    source_template = FishComplete.source_template.replace(
        'string split ","', 'string split --max 1 ","'
    )


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
