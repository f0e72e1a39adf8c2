"""What is said of options that a command cannot read, with a cure."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import click

from poolcli.cli.option import parted_value
from poolcli.errors import RequestError
from poolcli.pipeline.parameters import no_option
from poolcli.pipeline.registry import is_operation, op_named
from poolcli.pipeline.synonyms import option_for
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS


def check_spelling(command: click.Command, args: list[str]) -> None:
    """RequestError for options that are written as other tools have them.

    Click reads -kernel as -k with the value "ernel", and -s=2 as -s with the value "=2".
    """
    args = args[: args.index("--") if "--" in args else len(args)]
    if joined := parted_value(args, command.params):
        flag, _, value = joined.partition("=")
        raise RequestError(f"{flag} {value}: its value is joined to it: write {joined}")
    flags = _flags(command)
    for word in args:
        if re.fullmatch(r"-[a-z][a-z_-]+", word) and (f"-{word}" in flags or option_for(word)):
            raise _no_option(command, f"-{word}", word)
        if re.match(r"-[a-z]=", word) and word[:2] in flags:
            raise RequestError(f"{word}: a letter has its value behind it: {word[:2]} {word[3:]}")


def unreadable(
    command: click.Command, error: click.UsageError, args: Sequence[str]
) -> RequestError:
    """The error to show for what Click refuses."""
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(command, error.option_name, args)
    if isinstance(error, click.BadOptionUsage):
        return RequestError(f"{error.option_name} needs a value{_help(command, error.option_name)}")
    option = error.param if isinstance(error, click.BadParameter) else None
    if option is None:
        return RequestError(error.format_message())
    flag = option.opts[-1] if isinstance(option, click.Option) else ""  # an argument has no flag
    if isinstance(error, click.MissingParameter):
        needed = f"{flag}{_help(command, flag)}" if flag else _values(option.type)
        return RequestError(f"{command.name} needs {needed}")
    return RequestError(_bad_value(flag, option.type, error.message.rstrip(".")).lstrip(" :"))


def _bad_value(flag: str, kind: click.ParamType[Any], message: str) -> str:
    """What is said of a value, of which Click's message begins with it."""
    value, parted, _ = message.partition(" is not ")
    if parted and (takes := _values(kind)):
        return f"{flag} {value.strip(chr(39))}: takes {takes}"
    return f"{flag}: {message}"


def _values(kind: click.ParamType[Any]) -> str:
    """The values of a type, in words."""
    if isinstance(kind, click.Choice):
        *others, last = kind.choices
        return f"{', '.join(others)} or {last}"
    if isinstance(kind, click.IntRange) and kind.min is not None:
        return f"a whole number from {kind.min} up"
    return ""


def _no_such_option(command: click.Command, flag: str, args: Sequence[str]) -> RequestError:
    if flag == "--indices" and is_operation(command.name or ""):
        return RequestError(f"{command.name} has no --indices: {_indexed()}")
    if flag in ("--version", "-V"):
        wrong = f"{command.name} has no option {flag}"
        return RequestError(f"{wrong}; it is poolcli --version")
    refusal = _no_option(command, flag)
    return RequestError(f"{refusal}{_file_hint(args)}")


def _no_option(command: click.Command, flag: str, written: str = "") -> RequestError:
    """The error for a flag that a command has not, or that was written with one dash."""
    name, flags = command.name or "", _flags(command)
    if flag in flags:
        return RequestError(f"{written}: an option of several letters has two dashes: {flag}")
    if is_operation(name) and (cure := _own_options(name, flag) or _operations_with(flag)):
        return RequestError(f"{name} has no option {flag}; {cure}")
    return no_option(name, flag, flags)


def _own_options(name: str, flag: str) -> str:
    """What an operation has that takes no windows, or its own, in place of an option of windows."""
    if not any(flag in each.flags for kind in WINDOW_KINDS for each in kind.parameters):
        return ""
    op = op_named(name)
    own = [*op.parameters, *(each for kind in op.windows for each in kind.parameters)]
    flags = [each.flags[-1] for each in own if each.flags]
    return f"it has {', '.join(dict.fromkeys(flags))}"


def _operations_with(flag: str) -> str:
    """Which operations have an option of a formula, such as --norm; "" for one of most or none."""
    names = [row.name for row in OPS.values() if any(flag in each.flags for each in row.parameters)]
    if not 0 < len(names) < len(OPS) // 2:
        return ""
    *others, last = names
    return f"{', '.join(others)} and {last} have it" if others else f"{last} has it"


def _flags(command: click.Command) -> tuple[str, ...]:
    return tuple(flag for each in command.params for flag in (*each.opts, *each.secondary_opts))


def _help(command: click.Command, flag: str) -> str:
    """What an option takes, from its help."""
    option = next((each for each in command.params if flag in each.opts), None)
    text = option.help if isinstance(option, click.Option) else None
    what = text.partition("  [default")[0].rstrip(".") if text else ""
    return f": {what[0].lower()}{what[1:]}" if what else ""


def _indexed() -> str:
    """Which operations have indices."""
    *others, last = [row.name for row in OPS.values() if row.indexed]
    return f"{', '.join(others)} and {last} have, whose results are pixels of the map"


def _file_hint(args: Sequence[str]) -> str:
    """What to add where an argument is a file whose name looks like an option."""
    name = next((word for word in args if word[0] == "-" and os.path.exists(word)), None)  # noqa: PTH110
    return f"; the file of that name is ./{name}" if name else ""
