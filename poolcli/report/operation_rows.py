"""The tables of operations, kinds of windows, and rules of frameworks as records and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from poolcli.errors import in_flags
from poolcli.pipeline.profile import OWN, Profile
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.registry import loaded_rows, plugin_names, plugin_summary
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS
from poolcli.report.records import Record
from poolcli.report.text_table import write_table

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]  # the columns, and the rows


def reducer_records() -> list[Record]:
    """The rows of the table of operations as JSON has them."""
    own = [*OPS.values(), *loaded_rows()]
    records: list[Record] = [
        {
            "name": op.name,
            "formula": op.formula,
            "options": " ".join(parameter.flag for parameter in op.parameters),
            "source": op.source,
        }
        for op in own
    ]
    known = {op.name for op in own}
    # Nothing is imported to list it: of these only the names are known.
    records += [
        {"name": name, "formula": "", "options": "", "source": plugin_summary(name)}
        for name in plugin_names()
        if name not in known
    ]
    return records


def windows_records() -> list[Record]:
    """The kinds of windows as JSON has them."""
    return [
        {
            "name": kind.name,
            "formula": kind.summary,
            "options": " ".join(parameter.flag for parameter in kind.parameters),
            "source": kind.source,
        }
        for kind in WINDOW_KINDS
    ]


def write_tables(reducers: Sequence[Record], windows: Sequence[Record], stream: TextIO) -> None:
    """Write both as tables, an empty line between them."""
    write_table(("reducer", "formula", "options", "source"), map(_row, reducers), stream)
    stream.write("\n")
    write_table(("windows", "cells", "options", "source"), map(_row, windows), stream)


def _row(record: Record) -> tuple[str, ...]:
    return record["name"], record["formula"], record["options"], record["source"]


def profile_records() -> list[Record]:
    """What each profile of `--semantics` is of, and its defaults as options."""
    return [
        {"name": name, "library": profile.library, "defaults": "; ".join(_defaults(profile))}
        for name, profile in PROFILES.items()
    ]


def profile_rows() -> Iterator[tuple[str, ...]]:
    """A row for each profile, and one more for each further operation that has defaults."""
    for name, profile in PROFILES.items():
        first, *more = [*_defaults(profile)] or [""]
        yield name, profile.library, first
        yield from (("", "", each) for each in more)


def _defaults(profile: Profile) -> Iterator[str]:
    """What has to be written without the profile: of windows, then of operations."""
    if profile.windows:
        yield _written(("max", profile.windows)).removeprefix("max ")
    by_options: dict[str, list[str]] = {}
    for name, values in profile.ops.items():
        by_options.setdefault(_written((name, values)).partition(" ")[2], []).append(name)
    yield from (f"{', '.join(names)} {options}" for options, names in by_options.items())


def _written(defaults: tuple[str, Mapping[str, Any]]) -> str:
    """An operation and options as they are written on the command line."""
    name, values = defaults
    options = {option.name: option for option in OPS[name].options}
    return " ".join([name, *(options[word].show(value) for word, value in values.items())])


def rules_table(names: Iterable[str]) -> Table:
    """The columns and rows of the rules by which these frameworks differ."""
    profiles = [PROFILES[name] for name in names]
    rows: list[tuple[str, ...]] = []
    for rule in RULES:
        cited = [rule.of(profile) for profile in profiles]
        does = (in_flags(each.does) for each in cited)
        sources = "; ".join(dict.fromkeys(each.source for each in cited if each.source != OWN))
        rows.append((in_flags(rule.name), *does, sources))
    return ("rule", *names, "source"), rows
