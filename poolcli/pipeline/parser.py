"""Text and TOML to pipelines: the only reader of what an operation is told.

Command-line flags, pipeline text, TOML tables and Python keywords all become words and values for `step`, so that all
fail with the same sentences.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from poolcli.errors import RequestError
from poolcli.pipeline.composition import KINDS
from poolcli.pipeline.parameters import FLAG, Parameter, did_you_mean
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step
from poolcli.pipeline.table import SEMANTICS, Op, op_named
from poolcli.pipeline.windows import KERNEL, SEED, WINDOWS, Windows


def step(name: str, given: Mapping[str, Any]) -> Step:
    """A step from an operation's name and its options, as text or as plain values; None stands for "not given"."""
    op = op_named(name)
    values = {}
    for word, value in given.items():
        if value is not None:
            option = op.option(word)
            values[option.name] = _named(op, option.read, value)
    windows = _windows(op, values) if op.windows else None
    _check_rules(op, values)
    _check_needs(op, windows, values)
    if windows and KERNEL in windows.parameters:
        values.setdefault(KERNEL.name, KERNEL.default)  # always said, because it says most
    usual = op.defaults(values.get("semantics", "poolcli"))
    told = [
        o
        for o in op.options
        if o.name in values and (values[o.name] != usual[o.name] or o is KERNEL)
    ]
    kind = KINDS.get(name, Step)
    return kind(op, windows, tuple((option.name, values[option.name]) for option in told))


def parse(text: str, semantics: str | None = None) -> Pipeline:
    """The pipeline that a text describes: steps parted by |, each an operation and its flags.

    `semantics` is the profile of the steps that name none.

    >>> str(parse("max --kernel 3 --stride=2 -p 1|avg --global"))
    'max -k 3 -s 2 -p 1 | avg --global'
    """
    try:
        words = list(_words(text))
    except ValueError as error:
        raise RequestError(f"{text!r}: {str(error).lower()}") from None
    steps = [
        list(group) for bar, group in groupby(words, lambda word: set(word) == {"|"}) if not bar
    ]
    if len(steps) != 1 + words.count("|") or any(
        set(word) == {"|"} and len(word) > 1 for word in words
    ):
        raise RequestError(
            f"{text!r}: a step is missing; steps are parted by |, like 'max -k 3 -s 2 | avg --global'"
        )
    return _pipeline(
        [(name, list(_options(op_named(name), rest, semantics))) for name, *rest in steps]
    )


def load(toml: str) -> tuple[Pipeline, str | None]:
    """The pipeline of a recipe in TOML, and the shape it names as its usual input."""
    import tomllib

    try:
        recipe = tomllib.loads(toml)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RequestError(f"not TOML: {error}") from None
    for key in recipe.keys() - {"step", "input"}:
        raise RequestError(f"a recipe has no {key}{did_you_mean(key, ['step', 'input'])}")
    tables = recipe.get("step")
    if (
        not isinstance(tables, list)
        or not tables
        or not all(isinstance(table, dict) for table in tables)
    ):
        raise RequestError("a recipe has one [[step]] table or more, each with its op")
    shape = recipe.get("input")
    if shape is not None and not isinstance(shape, str):
        raise RequestError('input is a shape, like "1x64x112x112"')
    return _pipeline([_table(table) for table in tables]), shape


def _table(table: dict[str, Any]) -> tuple[str, list[tuple[str, Any]]]:
    name = table.get("op")
    if not isinstance(name, str):
        raise RequestError('a [[step]] needs its operation, like op = "max"')
    return name, [(key, value) for key, value in table.items() if key != "op"]


def _pipeline(steps: list[tuple[str, list[tuple[str, Any]]]]) -> Pipeline:
    return Pipeline(tuple(step(name, dict(options)) for name, options in steps))


def _words(text: str) -> Iterator[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    return iter(lexer)


def _options(op: Op, words: list[str], semantics: str | None) -> Iterator[tuple[str, Any]]:
    """Flags with their values, as a shell would write them: -k 3, -k3, --kernel 3, --kernel=3."""
    rest, texts = iter(words), []
    if SEMANTICS in op.rules:
        yield SEMANTICS.name, semantics
    for word in rest:
        if not word.startswith("-") and op.words:
            texts.append(word)
            continue
        if not word.startswith("-"):
            raise RequestError(f"{op.name} takes options, not {word!r}; steps are parted by |")
        flag, text = _attached(word)
        option = op.option(flag)
        if option.kind is FLAG:
            yield option.name, (flag != option.off) if text is None else text
        elif (value := next(rest, None) if text is None else text) is None:
            raise RequestError(f"{op.name}: {flag} needs a value")
        else:
            yield option.name, value
    if op.words and texts:
        yield op.words.name, [parse(text, semantics) for text in texts]


def _attached(word: str) -> tuple[str, str | None]:
    """A flag and the value written onto it, if any."""
    if word.startswith("--"):
        flag, equals, text = word.partition("=")
        return flag, text if equals else None
    return word[:2], word[2:] or None


def _named(op: Op, read: Any, value: Any) -> Any:
    try:
        return read(value)
    except RequestError as error:
        raise RequestError(f"{op.name}: {error}") from None


def _windows(op: Op, values: Mapping[str, Any]) -> Windows:
    """The kind of windows the options choose; two kinds are an error."""
    chosen = [kind for kind in op.windows if kind.key and values.get(kind.key.name)] or [
        op.windows[0]
    ]
    others = [
        option
        for kind in op.windows
        for option in kind.parameters
        if values.get(option.name) and option not in (*chosen[0].parameters, *op.parameters)
    ]
    if others:
        raise RequestError(f"{op.name}: {_strays(others[0], chosen[0])}")
    return chosen[0]


def _strays(option: Parameter, chosen: Windows) -> str:
    """Why an option of other windows cannot stand: their own option is missing, or there are two kinds."""
    (key, *_) = [kind.key for kind in WINDOWS if option in kind.parameters]
    if key and key is not option:
        return f"{option.flag} belongs to {key.flag}: give that, too"
    mine = chosen.key or chosen.parameters[0]
    return f"{mine.flag} and {option.flag} are two kinds of windows: give one of them"


def _check_needs(op: Op, windows: Windows | None, values: Mapping[str, Any]) -> None:
    for option in (*op.needs, *(windows.needs if windows else ())):
        if option.name not in values:
            raise RequestError(
                f"{op.name} needs {option.flag}: {option.help[0].lower()}{option.help[1:].rstrip('.')}"
            )


def _check_rules(op: Op, values: Mapping[str, Any]) -> None:
    leaves_out = (
        values.get("nodata") is not None
        or values.get("mask") is not None
        or values.get("nan") == "ignore"
    )
    if values.get("min_valid") is not None and not leaves_out:
        raise RequestError(
            f"{op.name}: --min-valid counts what --nodata, --mask or --nan ignore leave out: give one"
            " of them"
        )
    if values.get("samples") is not None and "seed" in values and SEED not in op.parameters:
        raise RequestError(f"{op.name}: --seed draws what --samples gives: give one of them")
