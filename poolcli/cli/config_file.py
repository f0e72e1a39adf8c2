"""Defaults of options from poolcli.toml: the user's file, and that of the folder one works in.

A file sets where results go and how commands run and report, never what is computed: numbers come
from the command line or a recipe alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from poolcli.errors import RequestError
from poolcli.pipeline.parameters import did_you_mean, no_operation
from poolcli.pipeline.registry import is_operation

if TYPE_CHECKING:
    from poolcli.cli.option import Option

NAME = "poolcli.toml"
VARIABLE = "POOLCLI_CONFIG"  # the path of the only file to read; empty for none


ALL = "all that pool files"


class Setting(NamedTuple):
    """The default of an option, of one command or of ALL, and the file that sets it."""

    command: str
    option: str
    value: Any
    file: Path


def candidates() -> list[Path]:
    """Where files are looked for; a later one goes before an earlier one."""
    if (only := os.environ.get(VARIABLE)) is not None:
        return [Path(only)] if only else []
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return [Path(folder) / "poolcli" / NAME, Path(NAME)]


def settings(commands: Iterable[str]) -> list[Setting]:
    """What the files set; RequestError for a file that is wrong."""
    files = [path for path in candidates() if path.is_file()]
    known = list(commands) if files else []
    return [setting for path in files for setting in _settings(path, known)]


def defaults(commands: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The defaults of the parameters of each command, as Click takes them.

    `commands` are listed only where there is a file, as those of plugins take time to find.
    """
    if not any(path.is_file() for path in candidates()):
        return {}
    known = list(commands)
    found = settings(known)
    return {
        name: {each.option: each.value for each in found if each.command in (name, _all(name))}
        for name in (known if found else ())
    }


def _all(command: str) -> str | None:
    """The word for all commands that pool files, for one of them."""
    return ALL if is_operation(command) or command == "run" else None


def _settings(path: Path, commands: list[str]) -> Iterator[Setting]:
    import tomllib

    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{path}: {' '.join(str(error).split())}") from None
    options = _options()
    for key, value in document.items():
        if not isinstance(value, dict):
            yield _setting(path, ALL, key, value, options)
            continue
        if key not in commands:
            raise RequestError(f"{path}: {no_operation(key, commands, 'command')}")
        for option, one in value.items():
            yield _setting(path, key, option, one, options)


def _options() -> dict[str, Option]:
    """The options that a file may set, by their names in it."""
    from poolcli.cli.shared_options import FILES

    return {option.opts[-1].removeprefix("--"): option for option in FILES}


def _setting(path: Path, command: str, key: str, value: Any, options: dict[str, Option]) -> Setting:
    name = key.replace("_", "-")
    if name not in options:
        raise RequestError(
            f"{path}: {key} cannot be set here{did_you_mean(name, options)}; "
            "what is computed stands on the command line or in a recipe"
        )
    option = options[name]
    if not _fits(option, value):
        raise RequestError(f"{path}: {key} takes {_expected(option)}, not {value!r}")
    return Setting(command, option.name or name, value if option.is_flag else _text(value), path)


def _fits(option: Option, value: Any) -> bool:
    if option.is_flag:
        return isinstance(value, bool)
    if option.multiple:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _expected(option: Option) -> str:
    if option.is_flag:
        return "true or false"
    return "a list of texts" if option.multiple else "a text or a number"


def _text(value: Any) -> Any:
    return value if isinstance(value, list) else str(value)
