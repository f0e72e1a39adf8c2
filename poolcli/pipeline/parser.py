"""Text, TOML and keywords to pipelines: the only reader of what a user writes about operations.

The command line, pipeline text, recipes and Python keywords all end in `Parser.step`, and so fail
alike.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from poolcli.errors import RequestError
from poolcli.pipeline.arrays import ArrayFile
from poolcli.pipeline.checks import check, windows_of
from poolcli.pipeline.fuse_step import FuseStep
from poolcli.pipeline.op import Op
from poolcli.pipeline.options import SEMANTICS
from poolcli.pipeline.parameters import Parameter, did_you_mean
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.pyramid_step import PyramidStep
from poolcli.pipeline.readers import Load, Readers
from poolcli.pipeline.registry import op_named
from poolcli.pipeline.step import Step
from poolcli.pipeline.window_kinds import FOOTPRINT, GLOBAL, KERNEL

STEP_TYPES: dict[str, type[Step]] = {"fuse": FuseStep, "pyramid": PyramidStep}


class Parser:
    """Reads operations; `load` reads the arrays of files that options name (see `Readers`).

    >>> str(Parser().parse("max --kernel 3 --stride=2 -p 1|avg --global"))
    'max -k 3 -s 2 -p 1 | avg --global'
    >>> str(Parser().step("max", {"kernel": 3, "stride": (2, 1)}))
    'max -k 3 -s 2x1'
    """

    def __init__(self, load: Load | None = None) -> None:
        self._readers = Readers(self.parse, load)

    def step(self, name: str, options: Mapping[str, Any]) -> Step:
        """Return the step of an operation with its options, as text or as Python values.

        An option that is None, or of several values without one, is not set.
        """
        op = op_named(name)
        values = {}
        for word, value in options.items():
            if value is not None:
                option = op.option(word)
                read = self._value(op, option, value)
                if not option.repeats or read:
                    values[option.name] = read
        if self._pools_whole_map(op, values):
            values[GLOBAL.name] = True
        windows = windows_of(op, values)
        check(op, windows, values)
        if windows and KERNEL in windows.parameters:
            taps = values.get(FOOTPRINT.name)
            size = taps.array.shape if isinstance(taps, ArrayFile) else KERNEL.default
            values.setdefault(KERNEL.name, size)
        step_type = STEP_TYPES.get(name, Step)
        return step_type(op, windows, _unusual(op, values))

    @staticmethod
    def _pools_whole_map(op: Op, values: Mapping[str, Any]) -> bool:
        """Whether a profile makes one cell of a map where no windows are written."""
        profile = PROFILES[values.get(SEMANTICS.name, SEMANTICS.default)]
        names = {option.name for kind in op.windows for option in kind.parameters}
        return profile.whole_map and GLOBAL.name in names and names.isdisjoint(values)

    def parse(self, text: str, semantics: str | None = None) -> Pipeline:
        """Return the pipeline of a text: steps separated by |, each an operation and its flags.

        `semantics` is the profile of the steps that name none.
        """
        steps = []
        for name, *words in _steps(text):
            op = op_named(name)
            options = _gathered(op, self._options(op, words, semantics))
            steps.append(self.step(name, options))
        return Pipeline(tuple(steps))

    def recipe(self, toml: str) -> tuple[Pipeline, str | None]:
        """Return the pipeline of a recipe in TOML, and the shape it names as its usual input."""
        import tomllib

        try:
            recipe = tomllib.loads(toml)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise RequestError(f"not TOML: {error}") from None
        for key in recipe.keys() - {"step", "input"}:
            raise RequestError(f"a recipe has no {key}{did_you_mean(key, ['step', 'input'])}")
        shape = recipe.get("input")
        if shape is not None and not isinstance(shape, str):
            raise RequestError('input is a shape, like "1x64x112x112"')
        tables = [_table(table) for table in _tables(recipe)]
        return Pipeline(tuple(self.step(name, options) for name, options in tables)), shape

    def array(self, kind: str, path: str) -> ArrayFile:
        """Read the file of an `ArrayFile` again, by its kind and path."""
        found: ArrayFile = getattr(self._readers, kind)(path)
        return found

    def _value(self, op: Op, option: Parameter, value: Any) -> Any:
        try:
            return self._readers.read(option, value)
        except RequestError as error:
            raise type(error)(f"{op.name}: {error}") from None

    def _options(
        self, op: Op, words: list[str], semantics: str | None
    ) -> Iterator[tuple[str, Any]]:
        """The options in the words of a step: -k 3, -k3, --kernel 3 and --kernel=3 are the same."""
        if SEMANTICS in op.value_options:
            yield SEMANTICS.name, semantics
        rest, plain = iter(words), []
        for word in rest:
            if word.startswith("-"):
                yield _option(op, word, rest)
            elif op.positional:
                plain.append(word)
            else:
                raise RequestError(f"{op.name} takes options, not {word!r}; steps are parted by |")
        if op.positional and plain:
            yield op.positional.name, [self.parse(text, semantics) for text in plain]


def step(name: str, options: Mapping[str, Any]) -> Step:
    """Return the step of an operation whose options name no files."""
    return Parser().step(name, options)


def parse(text: str, semantics: str | None = None) -> Pipeline:
    """Return the pipeline of a text that names no files."""
    return Parser().parse(text, semantics)


def recipe(toml: str) -> tuple[Pipeline, str | None]:
    """Return the pipeline and the input's shape of a recipe that names no files."""
    return Parser().recipe(toml)


def _gathered(op: Op, pairs: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    """The options by their names: the last of each, or all of one that repeats."""
    options: dict[str, Any] = {}
    for name, value in pairs:
        repeats = value is not None and op.option(name).repeats
        options[name] = (*options.get(name, ()), value) if repeats else value
    return options


def _unusual(op: Op, values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The options that differ from the profile's defaults, in the table's order.

    The kernel is always among them, so that a step shows its size.
    """
    usual = op.defaults(values.get(SEMANTICS.name, SEMANTICS.default), values)
    return tuple(
        (option.name, values[option.name])
        for option in op.options
        if option.name in values and (option is KERNEL or values[option.name] != usual[option.name])
    )


def _steps(text: str) -> list[list[str]]:
    """The words of each step."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise RequestError(f"{text!r}: {str(error).lower()}") from None
    steps = [list(group) for bar, group in groupby(words, _is_bars) if not bar]
    bars = [word for word in words if _is_bars(word)]
    if len(steps) != 1 + len(bars) or any(len(bar) > 1 for bar in bars):
        raise RequestError(
            f"{text!r}: a step is missing; steps are parted by |, "
            "like 'max -k 3 -s 2 | avg --global'"
        )
    return steps


def _is_bars(word: str) -> bool:
    return set(word) == {"|"}


def _option(op: Op, word: str, rest: Iterator[str]) -> tuple[str, Any]:
    """The option that a flag names, with its value from the same word or the next."""
    flag, text = _split(word)
    option = op.option(flag)
    if option.kind.bare is not None:
        if text is not None and flag == option.off:
            raise RequestError(f"{op.name}: {flag} takes no value")
        return option.name, (flag != option.off) if text is None else text
    value = next(rest, None) if text is None else text
    if value is None:
        raise RequestError(f"{op.name}: {flag} needs a value")
    return option.name, value


def _split(word: str) -> tuple[str, str | None]:
    """A flag, and the value that is written onto it, if any."""
    if word.startswith("--"):
        flag, equals, text = word.partition("=")
        return flag, text if equals else None
    return word[:2], word[2:] or None


def _tables(recipe: dict[str, Any]) -> list[dict[str, Any]]:
    tables = recipe.get("step")
    if not (isinstance(tables, list) and tables and all(isinstance(each, dict) for each in tables)):
        raise RequestError("a recipe has one [[step]] table or more, each with its op")
    return tables


def _table(table: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The operation and the options of a [[step]]."""
    name = table.get("op")
    if not isinstance(name, str):
        raise RequestError('a [[step]] needs its operation, like op = "max"')
    return name, {key: value for key, value in table.items() if key != "op"}
