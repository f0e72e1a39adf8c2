"""The parts of the reference that are made from the tables of the program."""

import inspect
import json
import re
import runpy
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path

import click
import numpy as np

import poolcli
from poolcli.cli.group import poolcli as command
from poolcli.io import FORMATS
from poolcli.maps.facts import FACTS
from poolcli.pipeline.arrays import FOOTPRINTS


def table(head, rows):
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def code(text):
    """Text in the letters of code, whatever it holds."""
    return f"<code>{_escaped(text)}</code>" if text else ""


def _escaped(text):
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")):
        text = text.replace(character, entity)
    return text


def _plain(text):
    """Text that Markdown leaves as it is."""
    return re.sub(r"([*_`\[\]])", r"\\\1", _escaped(" ".join(text.split())))


@cache
def _printed(*words):
    """What a command reports as JSON."""
    command = [sys.executable, "-m", "poolcli", *words, "--report", "json"]
    ran = subprocess.run(command, capture_output=True, check=True)
    return json.loads(ran.stdout)


def _is_command(name):
    return name in command.list_commands(_context())


def _context():
    return click.Context(command, info_name="poolcli", **command.context_settings)


@cache
def _commands():
    """Every command by its name."""
    context = _context()
    return {name: command.get_command(context, name) for name in command.list_commands(context)}


def _rows_of_ops(*, commands):
    for row in _printed("ops"):
        if _is_command(row["name"]) == commands:
            options = " ".join(code(word) for word in row["options"].split())
            yield row, options


def reducers():
    """Reducers and the other operations, with formulas, options and sources."""
    rows = (
        [
            code(row["name"]),
            _summary(row["name"]),
            code(row["formula"]),
            options,
            _plain(row["source"]),
        ]
        for row, options in _rows_of_ops(commands=True)
    )
    return table(["command", "result", "formula", "own options", "source"], rows)


def _summary(name):
    """The first sentence of a command's help, without the formula."""
    text = (_commands()[name].help or "").split("\n\n", 1)[0].split(": ", 1)[0]
    return _plain(text.removesuffix(".").removesuffix(" of each window"))


def windows():
    """Kinds of windows, with their cells, options and sources."""
    rows = (
        [_plain(row["name"]), _plain(row["formula"]), options, _plain(row["source"])]
        for row, options in _rows_of_ops(commands=False)
    )
    return table(["windows", "cells", "options", "source"], rows)


def formats():
    """Formats of files, and what they hold."""
    rows = (
        [
            code(one.name),
            code(" ".join(one.suffixes)),
            _held(one),
            one.note,
            ", ".join(map(code, one.save)),
        ]
        for one in FORMATS
    )
    return table(["format", "suffixes", "holds", "notes", "`--save`"], rows)


def _held(one):
    """Modes, dtypes and axes that a format holds."""
    axes = f"axes {' '.join(one.axes)}" if one.axes else ""
    arrays = "; ".join(filter(None, (", ".join(one.dtypes), axes)))
    return ", ".join(one.modes) or arrays or "any array"


def facts():
    """Carried facts: how pooling changes each, and which formats hold it."""
    rows = (
        [fact.label, _plain(fact.holds), _plain(fact.change), _holders(name)]
        for name, fact in FACTS.items()
    )
    return table(["fact", "value", "after pooling", "held by"], rows)


def _holders(name):
    """The formats that hold a fact, each with how it does."""
    holders = [(one.name, one.facts[name]) for one in FORMATS if name in one.facts]
    return ", ".join(f"{code(format_)} ({_plain(how)})" for format_, how in holders)


OVERVIEW = (
    "stride, when not given",
    "ceil mode, last window",
    "divisor of avg",
    "NaN in max",
    "index of max",
)


def overview():
    """What each framework does under the rules that people meet most."""
    profiles = _printed("semantics")
    rules = {row["rule"]: row for row in _printed("semantics", *(row["name"] for row in profiles))}
    rows = (
        [code(name), *(_plain(rules[rule][name]) for rule in OVERVIEW)]
        for name in (row["name"] for row in profiles)
    )
    return table(["", *map(_plain, OVERVIEW)], rows)


def semantics():
    """Each profile: its library, its defaults, and its rules with their sources."""
    parts = []
    for row in _printed("semantics"):
        name = row["name"]
        rules = [
            [_plain(rule["rule"]), _plain(rule[name]), _plain(rule["source"])]
            for rule in _printed("semantics", name)
        ]
        defaults = (
            ", ".join(map(code, filter(None, row["defaults"].split("; ")))) or "poolcli's own"
        )
        parts += [
            f"## {name}\n",
            f"{_plain(row['library'])}. Defaults: {defaults}.\n",
            table(["rule", "what it does", "source"], rules),
        ]
    return "\n".join(["", *parts])


def options():
    """Every option, what it does, and which commands take it."""
    groups = {}
    for name, one in _commands().items():
        context = click.Context(one, info_name=name, parent=_context())
        for option in one.get_params(context):
            record = option.get_help_record(context)
            if record and record[0].startswith("-"):
                group = groups.setdefault(getattr(option, "group", "Other"), {})
                group.setdefault(record, []).append(name)
    parts, other = [], groups.pop("Other")
    for title, records in {**groups, "Other": other}.items():
        rows = (
            [code(flags), _plain(text), _takers(names)] for (flags, text), names in records.items()
        )
        parts += [f"## {title}\n", table(["option", "what it does", "commands"], rows)]
    return "\n".join(["", *parts, ""])


def _takers(names):
    """Commands, the shorter way: those that take an option, or all but those that do not."""
    ops = [row["name"] for row, _ in _rows_of_ops(commands=True)]
    reducers = [
        name for name in ops if any("--adaptive" in one.opts for one in _commands()[name].params)
    ]
    for words, group in (
        ("every command", list(_commands())),
        ("every operation", ops),
        ("every reducer", reducers),
    ):
        without = [name for name in group if name not in names]
        if len(without) <= 4 and len(names) > 4:
            beside = [name for name in names if name not in group]
            but = f" but {', '.join(map(code, without))}" if without else ""
            return f"{words}{but}" + "".join(f", {code(name)}" for name in beside)
    return ", ".join(map(code, names))


def imports():
    """Which package may import which."""
    path = Path(__file__).parents[1] / "test_architecture.py"
    allowed = runpy.run_path(str(path))["MAY_IMPORT"]
    order = list(allowed)
    rows = (
        [code(name), ", ".join(code(each) for each in order if each in allowed[name])]
        for name in order
        if not name.startswith("__")
    )
    return table(["package", "may import"], rows)


# Python -------------------------------------------------------------------------------------------


def python():
    """Every public name of poolcli with its signature and docstring."""
    names = [name for name in poolcli.__all__ if not name.startswith("_")]
    things = sorted(
        ((name, getattr(poolcli, name)) for name in names),
        key=lambda pair: (inspect.isclass(pair[1]), pair[0] != "pool"),
    )
    return (
        "\n" + "\n".join(part for name, thing in things for part in described(name, thing)) + "\n"
    )


def described(name, thing):
    yield f"## `{name}`\n"
    if isinstance(thing, type) and issubclass(thing, Exception):
        bases = ", ".join(base.__name__ for base in thing.__bases__)
        yield f"```text\nclass {name}({bases})\n```\n"
        yield from _markdown(thing.__doc__)
        return
    yield f"```text\n{_signature(name, thing)}\n```\n"
    yield from _markdown(thing.__doc__)
    if inspect.isclass(thing):
        for member, value in _members(thing):
            call = _signature(member, value) if callable(value) else member
            yield f"### `{name}.{member}`\n\n```text\n{call}\n```\n"
            yield from _markdown(inspect.getdoc(value))


def _members(thing):
    """Public methods and properties of any kind that have a docstring."""
    for name, value in vars(thing).items():
        plain = getattr(value, "__func__", value)
        public = not name.startswith("_") or name == "__call__"
        if public and hasattr(type(plain), "__get__") and inspect.getdoc(plain):
            yield name, plain


def _signature(name, thing):
    """A call as it is written, a parameter a line where it is long."""
    signature = inspect.signature(thing)
    result = signature.return_annotation
    arrow = "" if result is signature.empty else f" -> {_annotation(result)}"
    words, kind = [], None
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and kind not in (
            parameter.kind,
            parameter.VAR_POSITIONAL,
        ):
            words.append("*")
        words.append(_parameter(parameter))
        kind = parameter.kind
    text = f"{name}({', '.join(words)}){arrow}"
    return (
        text
        if len(text) <= 88
        else "\n".join([f"{name}(", *(f"    {word}," for word in words), f"){arrow}"])
    )


def _parameter(parameter):
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    typed = parameter.annotation is not parameter.empty
    text = f"{stars}{parameter.name}" + (f": {_annotation(parameter.annotation)}" if typed else "")
    if parameter.default is parameter.empty:
        return text
    return f"{text} = {parameter.default!r}" if typed else f"{text}={parameter.default!r}"


def _annotation(annotation):
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _markdown(docstring):
    """The paragraphs of a docstring; examples as code, sections of NumPy's kind as lists."""
    section = False
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(docstring or "")):
        lines = paragraph.splitlines()
        if lines and lines[0].lstrip().startswith(">>>"):
            yield f"```python\n{textwrap.dedent(paragraph)}\n```\n"
            continue
        if len(lines) > 1 and set(lines[1].strip()) == {"-"}:
            section = lines[0].strip() in (
                "Parameters",
                "Returns",
                "Raises",
                "Attributes",
                "Yields",
            )
            yield f"**{lines[0].strip()}**\n"
            lines = lines[2:]
            if lines and lines[0].lstrip().startswith(">>>"):
                yield "```python\n" + textwrap.dedent("\n".join(lines)) + "\n```\n"
                continue
        if section and lines:
            yield _entries(lines)
        elif lines:
            yield "\n".join(lines) + "\n"


def _entries(lines):
    """`name : type` and the indented text below it, as a list."""
    items = []
    for line in lines:
        if line.startswith(" ") and items:
            items[-1] += (": " if items[-1].endswith("`") else " ") + line.strip()
        else:
            items.append(f"* `{line.strip()}`")
    return "\n".join(items) + "\n"


def footprints():
    """The taps of each footprint of 7 by 7: where the maximum sees a pixel in the middle."""
    x = np.zeros((13, 13))
    x[6, 6] = 1
    taps = [poolcli.pool(x, "max", kernel=7, stride=1, footprint=name) for name in FOOTPRINTS]
    drawn = (
        [" ".join("o" if tap else "." for tap in row) for row in rows]
        for rows in zip(*taps, strict=True)
    )
    head = [f"{name:13}" for name in FOOTPRINTS]
    lines = "\n".join("   ".join(parts).rstrip() for parts in (head, *drawn))
    return f"```text\n{lines}\n```\n"


TABLES = {
    "table of reducers": reducers,
    "table of windows": windows,
    "table of formats": formats,
    "table of facts": facts,
    "table of semantics": semantics,
    "overview of semantics": overview,
    "table of options": options,
    "table of imports": imports,
    "python": python,
    "footprints": footprints,
}
