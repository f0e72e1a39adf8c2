"""Commands and options as Click knows them; those of operations are made from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from poolcli.cli.help import Helpful
from poolcli.pipeline.kinds import FLAG
from poolcli.pipeline.op import Op
from poolcli.pipeline.parameters import Parameter, no_option

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items

BARE = {"--show": "auto"}  # what an option stands for without its value


class Option(click.Option):
    """An option that knows under which heading the help shows it, and what could be its value."""

    group = "Other"
    words: tuple[str, ...] = ()

    def make_metavar(self, ctx: click.Context) -> str:
        """What the help calls its value; words to choose from stand as in the table, without brackets."""
        return super().make_metavar(ctx).strip("[]")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """What a shell offers after it."""
        from poolcli.cli.suggestions import beginning, suggestions

        words = self.words and beginning(incomplete, self.words)
        return (
            words
            or super().shell_complete(ctx, incomplete)
            or suggestions(str(self.metavar), incomplete)
        )


class Words(click.Argument):
    """The words of a command that are no options: inputs, behind pipelines where it takes some."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """What a shell offers for the next one."""
        from poolcli.cli.suggestions import files, pipelines

        told, metavar = ctx.params.get(self.name or "") or ctx.params.get("file"), str(self.metavar)
        asks = metavar.startswith(("BRANCHES...", "PIPELINE...")) or (
            "PIPELINE" in metavar and not told
        )
        begun = pipelines(incomplete) if asks else []
        return begun if " " in incomplete else files(incomplete) + begun


class Bare(Option):
    """An option whose value is joined to it by =, and may be left out."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return record and (f"{self.opts[0]}[={self.metavar}]", record[1])


class OpOption(Option):
    """An option of an operation. Its text is read by the parser, like that of pipelines and TOML."""

    def __init__(self, parameter: Parameter, group: str) -> None:
        self.group, self.words = group, parameter.kind.choices
        flags = list(parameter.flags)
        if parameter.kind is FLAG:
            flags[-1] += f"/{parameter.off}" if parameter.off else ""
            super().__init__(
                [parameter.name, *flags], is_flag=True, default=None, help=parameter.help
            )
        else:
            super().__init__(
                [parameter.name, *flags], metavar=_metavar(parameter), help=_help(parameter)
            )


def _metavar(parameter: Parameter) -> str:
    words = parameter.kind.choices
    return "|".join(words) if words and len(words) < 4 else parameter.kind.metavar


def _help(parameter: Parameter) -> str:
    if parameter.default is None:
        return parameter.help
    return f"{parameter.help}  [default: {parameter.kind.show(parameter.default)}]"


def op_options(op: Op) -> list[click.Parameter]:
    """Every option of an operation, grouped as its help shows them."""
    groups = dict.fromkeys(op.rules, "Values") | dict.fromkeys(op.parameters, "Formula")
    return [
        OpOption(parameter, groups.get(parameter, "Windows"))
        for parameter in op.options
        if parameter.flags
    ]


def options(group: str, *options: Option) -> tuple[Option, ...]:
    """Options that the help shows together."""
    for option in options:
        option.group = group
    return options


def joined(args: list[str]) -> list[str]:
    """The words, where an option without its value has the one it stands for: no other word can be taken for it."""
    end = args.index("--") if "--" in args else len(args)
    return [f"{word}={BARE[word]}" if word in BARE else word for word in args[:end]] + args[end:]


def inputs_argument(name: str, metavar: str) -> click.Argument:
    """The words of a command that are no options."""
    return Words([name], nargs=-1, metavar=metavar)


class Command(Helpful, click.Command):
    """A command whose help groups its options and shows examples, and whose errors are those of the table."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, joined(args))
        except click.NoSuchOption as error:
            flags = tuple(
                flag for option in self.params for flag in (*option.opts, *option.secondary_opts)
            )
            raise no_option(self.name or "", error.option_name, flags) from None
