"""Options as Click knows them: with a section of the help, and completion of their values."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from poolcli.pipeline.parameters import Kind, Parameter

if TYPE_CHECKING:
    from poolcli.cli.suggestions import Items
    from poolcli.pipeline.op import Op


class Option(click.Option):
    """An option with the section of the help it is listed in, and the kind of its values."""

    group = "Other"
    kind: Kind | None = None

    def make_metavar(self, ctx: click.Context) -> str:
        """The name of the value in the help; a choice without Click's brackets, as in the table."""
        return super().make_metavar(ctx).strip("[]")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """Offer the option's words, Click's own completion, or what the metavar stands for."""
        from poolcli.cli.suggestions import of_kind, values_of

        return (
            of_kind(self.kind, incomplete)
            or super().shell_complete(ctx, incomplete)
            or values_of(str(self.metavar), incomplete, ctx.params)
        )


class OptionalValueOption(Option):
    """An option whose value is joined to it by `=` and may be left out, such as --show=half."""

    bare = "auto"  # the value that stands for itself

    @property
    def bare_flags(self) -> dict[str, str]:
        """What each flag stands for that has no value joined to it."""
        return {flag: f"{flag}={self.bare}" for flag in self.opts}

    @property
    def words(self) -> Sequence[str]:
        """The words that the value may be."""
        if self.kind is not None:
            return self.kind.choices
        return self.type.choices if isinstance(self.type, click.Choice) else ()

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        flags = " / ".join([f"{self.opts[0]}[={self.metavar}]", *self.secondary_opts])
        return record and (flags, record[1])


class RuleOption(OptionalValueOption):
    """An option of an operation that is a switch, or has a value joined to it by `=`."""

    bare = "true"

    def __init__(self, parameter: Parameter, group: str) -> None:
        self.group, self.kind = group, parameter.kind
        metavar = parameter.kind.metavar
        super().__init__([parameter.name, parameter.flag], metavar=metavar, help=parameter.help)
        self.secondary_opts = [parameter.off] if parameter.off else []

    @property
    def bare_flags(self) -> dict[str, str]:
        off = dict.fromkeys(self.secondary_opts, f"{self.opts[0]}=false")
        return super().bare_flags | off


class OperationOption(Option):
    """An option of an operation; the pipeline's parser reads its text, as it reads recipes."""

    def __init__(self, parameter: Parameter, group: str) -> None:
        self.group, self.kind = group, parameter.kind
        flags = list(parameter.flags)
        if parameter.kind.bare is None:
            metavar, text = _metavar(parameter), _help(parameter)
            names, several = [parameter.name, *flags], parameter.repeats
            super().__init__(names, metavar=metavar, help=text, multiple=several)
            return
        if parameter.off:
            flags[-1] += f"/{parameter.off}"
        names = [parameter.name, *flags]
        super().__init__(names, is_flag=True, default=None, help=parameter.help)


def _metavar(parameter: Parameter) -> str:
    """Up to three words to choose from, else the name of the kind of value."""
    choices = parameter.kind.choices
    return "|".join(choices) if choices and len(choices) < 4 else parameter.kind.metavar


def _help(parameter: Parameter) -> str:
    """The help of a parameter, with the words it takes where nothing else names them."""
    choices = parameter.kind.choices
    named = f"{_metavar(parameter)} {parameter.help}"
    words = "" if all(word in named for word in choices) else f" Takes {', '.join(choices)}."
    what, default, rest = parameter.help.partition("  [default")
    text = what + words + default + rest
    if parameter.default is None:
        return text
    return f"{text}  [default: {parameter.kind.show(parameter.default)}]"


def in_group(group: str, *options: Option) -> tuple[Option, ...]:
    """The options, listed under this heading of the help."""
    for option in options:
        option.group = group
    return options


def operation_options(op: Op) -> list[click.Parameter]:
    """Every option of an operation, grouped as its help lists them."""
    groups = dict.fromkeys(op.value_options, "Values") | dict.fromkeys(op.parameters, "Formula")
    return [
        _option_type(parameter)(parameter, groups.get(parameter, "Windows"))
        for parameter in op.options
        if parameter.flags
    ]


def _option_type(parameter: Parameter) -> Callable[[Parameter, str], Option]:
    return (
        RuleOption
        if parameter.kind.bare is not None and parameter.kind.metavar
        else OperationOption
    )


def with_bare_values(args: list[str], parameters: Sequence[click.Parameter]) -> list[str]:
    """The arguments, where an option without its value has got the one that it stands for.

    Click would otherwise take the next argument for the value.

    >>> show = OptionalValueOption(["--show"])
    >>> with_bare_values(["--show", "a.png", "--", "--show"], [show])
    ['--show=auto', 'a.png', '--', '--show']
    """
    bare: dict[str, str] = {}
    for parameter in parameters:
        bare |= parameter.bare_flags if isinstance(parameter, OptionalValueOption) else {}
    end = _end_of_options(args)
    return [bare.get(arg, arg) for arg in args[:end]] + args[end:]


def parted_value(args: list[str], parameters: Sequence[click.Parameter]) -> str:
    """How to write a value that is parted from its option, and names no file; "" if none is.

    >>> show = OptionalValueOption(["--show"], type=click.Choice(["half"]))
    >>> parted_value(["a.png", "--show", "half"], [show])
    '--show=half'
    """
    options = [each for each in parameters if isinstance(each, OptionalValueOption)]
    words = {flag: option.words for option in options for flag in option.opts}
    for flag, value in pairwise(args[: _end_of_options(args)]):
        if value in words.get(flag, ()) and not os.path.lexists(value):
            return f"{flag}={value}"
    return ""


def _end_of_options(args: list[str]) -> int:
    return args.index("--") if "--" in args else len(args)
