"""What a shell offers to complete a word: files, words to choose from, recipes, pipelines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem as Item

from poolcli.errors import RequestError
from poolcli.pipeline.op import Op
from poolcli.pipeline.registry import is_operation, names, op_named

__all__ = ["Item", "files", "pipelines", "starting_with", "values_of"]

if TYPE_CHECKING:
    Items = list[Item[str]]  # not at run time: click 8.2's CompletionItem is not generic


def values_of(metavar: str, incomplete: str) -> Items:
    """Values of an option, by what its help calls them; nothing where the metavar tells nothing."""
    if metavar in ("FILE", "PATH"):
        return files(incomplete)
    if metavar == "RECIPE":
        return recipes(incomplete)
    if metavar == "FORMAT":
        from poolcli.io import FORMATS

        return starting_with(incomplete, [each.name for each in FORMATS])
    if metavar == "OP":
        return starting_with(incomplete, names())
    words = metavar.split("|") if "|" in metavar else []
    return starting_with(incomplete, [word for word in words if word.islower()])


def starting_with(incomplete: str, words: Iterable[str], before: str = "") -> Items:
    """The words that start with `incomplete`, each after the text `before`.

    >>> [item.value for item in starting_with("m", ["max", "avg", "min"], "avg | ")]
    ['avg | max', 'avg | min']
    """
    return [Item(before + word) for word in words if word.startswith(incomplete)]


def files(incomplete: str) -> Items:
    """Paths, which the shell itself completes."""
    return [Item(incomplete, type="file")]


def recipes(incomplete: str) -> Items:
    """TOML files, or paths where no TOML file starts so."""
    folder, name = os.path.split(incomplete)
    before = incomplete[: len(incomplete) - len(name)]
    with suppress(OSError):
        names = sorted(path.name for path in Path(folder).glob("*.toml") if " " not in path.name)
        return starting_with(name, names, before) or files(incomplete)
    return files(incomplete)


def pipelines(incomplete: str) -> Items:
    """The text of a pipeline with its last word completed: an operation, a flag, or a value."""
    words = incomplete.rpartition("|")[2].split(" ")
    last = words.pop()
    before = incomplete[: len(incomplete) - len(last)]
    name, *options = [word for word in words if word] or [""]
    if not name:
        return starting_with(last, names(), before)
    if not is_operation(name):
        return []
    with suppress(RequestError):  # a plugin that cannot be loaded
        return _in_step(op_named(name), options, last, before)
    return []


def _in_step(op: Op, options: list[str], word: str, before: str) -> Items:
    """Values of the option that comes last, or else the flags of the operation."""
    flags = {flag: option for option in op.options for flag in (*option.flags, option.off) if flag}
    last = flags.get(options[-1]) if options else None
    if last and last.kind.bare is None:
        return starting_with(word, last.kind.choices, before)
    return starting_with(word, [flag for flag in flags if flag.startswith("--")], before)
