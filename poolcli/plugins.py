"""Reducers of other people: what a plugin makes, and poolcli turns into a row of its table.

A plugin is a file (`poolcli --plugin FILE.py`, `poolcli.load_plugin`) or a package with an entry
point in the group `poolcli.reducers`. It makes a `FoldReducer` or a `GatherReducer`, which gets its
command, help, completion, windows, masks, borders and pipelines like those that are built in.

>>> FoldReducer(
...     "midrange",
...     "halfway between the extremes",
...     formula="(max x + min x) / 2",
...     lift=lambda x: (x, x),
...     merge=("max", "min"),
...     finish=lambda high, low, n: (high + low) / 2,
... ).name
'midrange'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from poolcli.errors import RequestError

MERGES = ("add", "max", "min")
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, eq=False)
class ReducerOption:
    """An option of a reducer: a keyword of its functions, and a flag of its command.

    Parameters
    ----------
    name : str
        The keyword, such as ``"share"``; the flag is ``--share``.
    default : bool, int, float or str
        The value where none is written. It decides the type: a switch, a whole number from 0 up, a
        number, or one of `choices`.
    help : str, optional
        A line for the help of the command.
    choices : sequence of str, optional
        The words that a text may be.
    """

    name: str
    default: bool | float | str
    help: str = ""
    choices: Sequence[str] = ()

    def __post_init__(self) -> None:
        _check(self.name.isidentifier(), f"{self.name!r} is no name for an option")
        is_choice = isinstance(self.default, str) and self.default in self.choices
        _check(
            is_choice or isinstance(self.default, (bool, int, float)),
            f"the default of the option {self.name} is no number, switch, or one of its choices",
        )


@dataclass(frozen=True, eq=False)
class _Reducer:
    """What both kinds of reducers say of themselves."""

    name: str
    summary: str
    _: KW_ONLY
    formula: str = ""
    source: str = ""
    options: Sequence[ReducerOption] = ()
    keeps: bool = False

    def __post_init__(self) -> None:
        _check(
            NAME.fullmatch(self.name) is not None,
            f"{self.name!r} is no name for a reducer: letters, digits and dashes, like my-mean",
        )


@dataclass(frozen=True, eq=False)
class FoldReducer(_Reducer):
    """A reducer that lifts every pixel to a few numbers, and merges them.

    Parameters
    ----------
    name, summary : str
        The name of the command, and what it gives, in a few words.
    lift : callable
        ``lift(x, **options)`` gives an array of x's shape, or a tuple of them: the numbers of each
        pixel. x is float64.
    merge : str, sequence of str, or callable
        How the numbers of two parts of a window become those of both: "add", "max" or "min", one
        for each number; or ``merge(a, b)``, which takes and gives tuples of arrays.
    finish : callable
        ``finish(*numbers, n, **options)`` gives the results; `n` is how many pixels count.
    empty : sequence of float, optional
        The numbers of no pixel, for a `merge` that is callable.
    formula, source : str, optional
        For the help and the tables.
    options : sequence of ReducerOption, optional
        Keywords of `lift` and `finish`, and flags of the command.
    keeps : bool, optional
        Whether results are values of the input: then x and the result have its dtype.
    weighs : bool, optional
        Whether it divides by `n`, so that the alpha of an image weighs its colours, and cells of
        `area` their pixels. Then numbers that are added are multiplied by the weight, and `n` is
        the sum of the weights.
    """

    _: KW_ONLY
    lift: Callable[..., Any]
    merge: str | Sequence[str] | Callable[..., Any]
    finish: Callable[..., Any]
    empty: Sequence[float] = ()
    weighs: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if callable(self.merge):
            _check(len(self.empty) > 0, f"{self.name}: give it empty, the numbers of no pixel")
            _check(not self.weighs, f"{self.name}: weighs is for the merges {', '.join(MERGES)}")
            return
        for word in self.merges:
            _check(word in MERGES, f"{self.name}: a merge is {', '.join(MERGES)}, not {word!r}")

    @property
    def merges(self) -> tuple[str, ...]:
        """The merge of each number, where they are words."""
        if callable(self.merge):
            return ()
        return (self.merge,) if isinstance(self.merge, str) else tuple(self.merge)


@dataclass(frozen=True, eq=False)
class GatherReducer(_Reducer):
    """A reducer that sees whole windows.

    Parameters
    ----------
    name, summary : str
        The name of the command, and what it gives, in a few words.
    choose : callable
        ``choose(values, valid, **options)`` gives an array (...) for values (..., taps) in float64.
        `valid` has their shape, and is True where a pixel counts; None where all do.
    formula, source, options, keeps
        As for `FoldReducer`.
    """

    _: KW_ONLY
    choose: Callable[..., Any]


Reducer = FoldReducer | GatherReducer


def _check(holds: bool, message: str) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise RequestError(message)
