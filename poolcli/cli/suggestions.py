"""What a shell offers to complete a word: files, words to choose from, recipes, pipelines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem as Item

from poolcli.errors import PoolError, RequestError
from poolcli.pipeline.op import Op
from poolcli.pipeline.registry import is_operation, names, op_named

__all__ = ["Item", "files", "of_kind", "pipelines", "starting_with", "values_of"]

if TYPE_CHECKING:
    from poolcli.io import Format
    from poolcli.pipeline.parameters import Kind

    Items = list[Item[str]]  # not at run time: click 8.2's CompletionItem is not generic


USUAL_LAYOUTS = ("NCHW", "NHWC", "CHW", "HWC", "HW", "NCDHW", "NDHWC", "DHW", "NCL", "NLC", "L")


def of_kind(kind: Kind | None, incomplete: str, before: str = "") -> Items:
    """The words that a kind of values takes, and texts that are usual; after the text `before`.

    >>> from poolcli.pipeline.axis_kinds import EDGES
    >>> [item.value for item in of_kind(EDGES, "wrap:c")]
    ['wrap:clip']
    """
    if kind is None:
        return []
    joint = incomplete.rfind(kind.separator) + 1 if kind.separator else 0
    offered = (*kind.choices, *kind.usual)
    return starting_with(incomplete[joint:], offered, before + incomplete[:joint])


def values_of(metavar: str, incomplete: str, params: Mapping[str, Any]) -> Items:
    """Values of an option, by what its help calls them; nothing where the metavar tells nothing.

    `params` are the options that have been read.
    """
    if metavar in ("FILE", "PATH"):
        return files(incomplete)
    if metavar == "RECIPE":
        return recipes(incomplete)
    if metavar == "KEY=VALUE":
        return save_options(incomplete, params)
    return starting_with(incomplete, _words_of(metavar, incomplete))


def _words_of(metavar: str, incomplete: str) -> Iterable[str]:
    """The words that a metavar stands for."""
    if metavar == "LETTERS":
        lower = incomplete.islower()
        return [each.lower() if lower else each for each in USUAL_LAYOUTS]
    if metavar == "FORMAT":
        from poolcli.io import FORMATS

        return [each.name for each in FORMATS]
    if metavar == "OP":
        return names()
    words = metavar.split("|") if "|" in metavar else []
    return [word for word in words if word.islower()]


def starting_with(incomplete: str, words: Iterable[str], before: str = "") -> Items:
    """The words that start with `incomplete`, each after the text `before`.

    >>> [item.value for item in starting_with("m", ["max", "avg", "min"], "avg | ")]
    ['avg | max', 'avg | min']
    """
    return [Item(before + word) for word in words if word.startswith(incomplete)]


def files(incomplete: str) -> Items:
    """Paths, which the shell itself completes."""
    return [Item(incomplete, type="file")]


def save_options(incomplete: str, params: Mapping[str, Any]) -> Items:
    """The keys of --save for the format that is written, of all where that is not known; and after
    a key its words.
    """
    key, equals, start = incomplete.partition("=")
    takers = [each for each in _written(params) if key in each.save or not equals]
    if equals:
        known = {word: None for each in takers for word in each.save[key].words}
        return starting_with(start, known, f"{key}=")
    keys: dict[str, list[str]] = {}
    for each in takers:
        for name, takes in each.save.items():
            keys.setdefault(name, []).append(f"{each.name}: {takes}")
    return [
        Item(f"{name}=", help="; ".join(dict.fromkeys(each)))
        for name, each in keys.items()
        if name.startswith(key)
    ]


def _written(params: Mapping[str, Any]) -> tuple[Format, ...]:
    """The format that --to or the suffix of --output names, or all."""
    from poolcli.io import FORMATS, format_named

    with suppress(PoolError):
        if named := params.get("to") or Path(params.get("output") or "").suffix:
            return (format_named(named),)
    return tuple(FORMATS)


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
        return of_kind(last.kind, word, before)
    return starting_with(word, [flag for flag in flags if flag.startswith("--")], before)
