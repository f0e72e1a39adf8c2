"""One pipeline under several semantics: where the results part, and by which rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from poolcli.errors import PoolError, RequestError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.parser import Parser
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.semantics_rule import SemanticsRule
from poolcli.pipeline.step import Step

ROUNDING = 8  # units in the last place: two ways of adding the same numbers


@dataclass(frozen=True)
class Cause:
    """A rule that makes a difference, and which of how many steps is under it, counted from 1."""

    step: int
    steps: int
    rule: SemanticsRule


@dataclass(frozen=True)
class Lack:
    """What a framework does not have, and where that is written."""

    what: str
    source: str


@dataclass(frozen=True)
class Difference:
    """How a pipeline's result, its values or its indices, differs under one profile from that under another.

    `missing` tells what the profile's framework does not have; then there is nothing to compare, and `shape` is None.
    `cells` is how many of `size` cells differ and `first` the first of them, in the order of their indices, with what
    it is under either; `largest` is the largest distance between two numbers. They are None where the shapes differ.
    """

    profile: str
    reference: str
    of: str
    missing: tuple[Lack, ...] = ()
    shape: tuple[int, ...] | None = None
    size: int = 0
    cells: int | None = 0
    largest: float | None = None
    first: tuple[int, ...] | None = None
    values: tuple[float, float] | None = None
    causes: tuple[Cause, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether what one framework gives is not to be had from the other; an index may be nobody's wish."""
        return self.cells != 0 or bool(self.missing and self.of == "values")


def differences(
    text: str, profiles: Sequence[str], fmap: FeatureMap, parser: Parser | None = None
) -> list[Difference]:
    """A difference for each profile and each fact (values, and indices where there are any).

    They are those from the first of the profiles whose framework has all that the pipeline asks for. Rules are found
    by computing: all that two profiles do differently is what the second is told; whatever can be taken back without
    a change is left out, and what remains are the causes.
    """
    pipelines = {name: _under(parser or Parser(), text, name) for name in profiles}
    having = [name for name in profiles if not _missing(pipelines[name], name, "values")]
    reference = next(iter(having), profiles[0])
    return [
        _difference(of, (reference, name), (pipelines[reference], pipelines[name]), fmap)
        for of in ("values", "indices")
        if of == "values" or _indexed(pipelines[reference])
        for name in profiles
    ]


def apart(one: Array, other: Array) -> Array:
    """Where two arrays differ by more than rounding; NaN is like NaN."""
    if one.dtype.kind != "f" and other.dtype.kind != "f":
        return np.asarray(one != other)
    width = max(
        (each.dtype for each in (one, other) if each.dtype.kind == "f"),
        key=lambda dtype: dtype.itemsize,
    )
    tolerance = ROUNDING * float(np.finfo(width).eps)
    return ~np.isclose(
        one.astype(np.float64), other.astype(np.float64), rtol=tolerance, atol=0, equal_nan=True
    )


def _under(parser: Parser, text: str, profile: str) -> Pipeline:
    pipeline = parser.parse(text, profile)
    if pipeline.several:
        raise RequestError(
            f"{text}: gives several maps, and semantics are compared on one: leave pyramid out"
        )
    return pipeline


def _indexed(pipeline: Pipeline) -> bool:
    """Whether the results are pixels of what the last step reads."""
    try:
        pipeline.steps[-1].check_indices()
    except RequestError:
        return False
    return True


def _difference(
    of: str, names: tuple[str, str], pipelines: tuple[Pipeline, Pipeline], fmap: FeatureMap
) -> Difference:
    reference, name = names
    blank = Difference(name, reference, of)
    if missing := _missing(pipelines[1], name, of):
        return replace(blank, missing=missing)
    if of == "indices" and not _indexed(pipelines[1]):
        return replace(blank, missing=(Lack("no index", "its results are no pixels"),))
    one, other = (_fact(of, pipeline, fmap) for pipeline in pipelines)
    measured = replace(blank, shape=other.shape, size=other.size, **_measured(one, other))
    return replace(measured, causes=_causes(of, pipelines, fmap)) if measured.differs else measured


def _missing(pipeline: Pipeline, profile: str, of: str) -> tuple[Lack, ...]:
    """What the framework does not have of what the steps ask for."""
    last = pipeline.steps[-1]
    asked = [
        (step, rule)
        for step in _steps(pipeline)
        for rule in RULES
        if not rule.indices or step is last
    ]
    under = [rule for step, rule in asked if _is_under(step, rule, of) and rule.missing(profile)]
    lacks = {rule.missing(profile): rule.source for rule in reversed(under)}
    return tuple(Lack(*lack) for lack in reversed(lacks.items()))


def _steps(pipeline: Pipeline) -> Iterator[Step]:
    """Every step, those of branches too."""
    for step in pipeline.steps:
        yield step
        for branch in step["branches"] if step.op.words else ():
            yield from _steps(branch)


def _is_under(step: Step, rule: SemanticsRule, of: str) -> bool:
    told = {option.name: step[option.name] for option in step.op.options}
    return (of == "indices" or not rule.indices) and rule.concerns(step.op.name, told)


def _fact(of: str, pipeline: Pipeline, fmap: FeatureMap) -> Array:
    if of == "indices":
        return pipeline.indices(fmap).data
    *_, (result,) = pipeline.walk(fmap)
    return result.data


def _measured(one: Array, other: Array) -> dict[str, Any]:
    """The fields of a difference that two arrays give."""
    if one.shape != other.shape:
        return {"cells": None}
    away = apart(one, other)
    if not away.any():
        return {"cells": 0}
    first = tuple(map(int, np.unravel_index(away.argmax(), away.shape)))
    pair = one[away].astype(np.float64), other[away].astype(np.float64)
    distance = np.abs(
        np.subtract(*pair, where=np.isfinite(pair).all(0), out=np.full(pair[0].shape, np.nan))
    )
    largest = float(np.nanmax(distance)) if np.isfinite(distance).any() else None
    values = one[first].item(), other[first].item()
    return {"cells": len(distance), "first": first, "values": values, "largest": largest}


# A switch is what two profiles do differently in one step: where the step is, and the option whose default differs
# ("" for what the framework computes by a formula of its own).
Switch = tuple[tuple[int, ...], str]


def _causes(of: str, pipelines: tuple[Pipeline, Pipeline], fmap: FeatureMap) -> tuple[Cause, ...]:
    """The rules that make one result into the other: none of them can be left out."""
    goal = _fact(of, pipelines[1], fmap)
    switches = dict(_switches(*pipelines))
    needed = list(switches)
    for switch in switches:
        rest = frozenset(needed) - {switch}
        if _gives(of, _mixed(*pipelines, rest), fmap, goal):
            needed.remove(switch)
    steps = len(pipelines[0].steps)
    return tuple(
        dict.fromkeys(
            Cause(where[0] + 1, steps, _rule(switches[where, option], option, of))
            for where, option in needed
        )
    )


def _gives(of: str, pipeline: Pipeline, fmap: FeatureMap, goal: Array) -> bool:
    try:
        result = _fact(of, pipeline, fmap)
    except PoolError:  # half of one profile and half of another need not fit any map
        return False
    return result.shape == goal.shape and not apart(result, goal).any()


def _rule(step: Step, option: str, of: str) -> SemanticsRule:
    """The rule that a switch is; one about the operation before one about all."""
    under = [rule for rule in RULES if rule.option == option and _is_under(step, rule, of)]
    return sorted(under, key=lambda rule: not rule.ops)[0]


def _switches(
    one: Pipeline, other: Pipeline, path: tuple[int, ...] = ()
) -> Iterator[tuple[Switch, Step]]:
    """Everything that two profiles do differently in a pipeline."""
    for number, (mine, theirs) in enumerate(zip(one.steps, other.steps, strict=True)):
        where = (*path, number)
        if mine.op.words:
            for branch, pair in enumerate(zip(mine["branches"], theirs["branches"], strict=True)):
                yield from _switches(*pair, (*where, branch))
            continue
        yield from (((where, name), mine) for name in _names(mine) if mine[name] != theirs[name])
        if _formula(mine) != _formula(theirs):
            yield (where, ""), mine


def _names(step: Step) -> list[str]:
    """The options by which profiles can differ."""
    return [option.name for option in step.op.options if option.name != "semantics"]


def _formula(step: Step) -> tuple[str, str]:
    """What no option can say: the function of the engine, and which of several NaN an index means."""
    profile = PROFILES[step["semantics"]]
    return profile.functions.get(step.op.name, ""), profile.index_of_nan if step.op.indexed else ""


def _mixed(
    one: Pipeline, other: Pipeline, taken: frozenset[Switch], path: tuple[int, ...] = ()
) -> Pipeline:
    """The first pipeline, with these switches as the second has them."""
    pairs = enumerate(zip(one.steps, other.steps, strict=True))
    return Pipeline(tuple(_mixed_step(*pair, taken, (*path, number)) for number, pair in pairs))


def _mixed_step(mine: Step, theirs: Step, taken: frozenset[Switch], where: tuple[int, ...]) -> Step:
    if mine.op.words:
        pairs = enumerate(zip(mine["branches"], theirs["branches"], strict=True))
        branches = tuple(_mixed(*pair, taken, (*where, number)) for number, pair in pairs)
        return replace(mine, options=(*mine.options, ("branches", branches)))
    framework = theirs if (where, "") in taken else mine
    wanted = {name: theirs if (where, name) in taken else mine for name in _names(mine)}
    told = {
        name: _told(step, name) for name, step in wanted.items() if step[name] != framework[name]
    }
    return replace(framework, options=tuple({**dict(framework.options), **told}.items()))


def _told(step: Step, name: str) -> Any:
    """An option as it can be written: no stride is that of the kernel."""
    return step["kernel"] if step[name] is None and name == "stride" else step[name]
