"""What could be written next: the words that a shell offers when one asks it to complete."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem as Item

from poolcli.pipeline.kinds import FLAG
from poolcli.pipeline.op import Op
from poolcli.pipeline.table import OPS

__all__ = ["Item", "beginning", "files", "pipelines", "suggestions"]

if TYPE_CHECKING:
    Items = list[Item[str]]  # which older versions of Click do not make


def suggestions(metavar: str, incomplete: str) -> Items:
    """What an option takes whose help calls its value by this name: files, words to choose from, or nothing known."""
    if metavar in ("FILE", "PATH"):
        return files(incomplete)
    if metavar == "RECIPE":
        return recipes(incomplete)
    if metavar == "FORMAT":
        from poolcli.io import FORMATS

        return beginning(incomplete, [one.name for one in FORMATS])
    if metavar == "OP":
        return beginning(incomplete, OPS)
    return beginning(
        incomplete,
        [word for word in metavar.split("|") if word.islower()] if "|" in metavar else [],
    )


def beginning(incomplete: str, words: Iterable[str], lead: str = "") -> Items:
    """The words that begin so, behind what stands before them."""
    return [Item(lead + word) for word in words if word.startswith(incomplete)]


def files(incomplete: str) -> Items:
    """What the shell itself knows of: paths."""
    return [Item(incomplete, type="file")]


def recipes(incomplete: str) -> Items:
    """TOML files, or where none begins so the paths that may lead to one."""
    folder, name = os.path.split(incomplete)
    with suppress(OSError):
        found = sorted(path.name for path in Path(folder).glob("*.toml") if " " not in path.name)
        return beginning(name, found, incomplete[: len(incomplete) - len(name)]) or files(
            incomplete
        )
    return files(incomplete)


def pipelines(incomplete: str) -> Items:
    """The text of a pipeline continued: an operation, an option of it, or a word that the option takes."""
    words = incomplete.rpartition("|")[2].split(" ")
    lead = incomplete[: len(incomplete) - len(words[-1])]
    name, *told = [word for word in words[:-1] if word] or [""]
    if not name:
        return beginning(words[-1], OPS, lead)
    return _of_step(OPS[name], told, words[-1], lead) if name in OPS else []


def _of_step(op: Op, told: list[str], word: str, lead: str) -> Items:
    options = {
        flag: option for option in op.options for flag in (*option.flags, option.off) if flag
    }
    asking = options.get(told[-1]) if told else None
    if asking and asking.kind is not FLAG:
        return beginning(word, asking.kind.choices, lead)
    return beginning(word, [flag for flag in options if flag.startswith("--")], lead)
