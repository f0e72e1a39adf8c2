"""By which rules the results of two frameworks differ, found by computing.

A switch is one thing that two profiles do differently in one step. Starting from all switches, each
that can be taken back without a change of the result is taken back; those that remain are the
causes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from poolcli.analysis.comparison.compared_values import differing, fact_of
from poolcli.errors import PoolError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.profile import FACTS, Profile
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.semantics_rule import SemanticsRule
from poolcli.pipeline.step import Step

# The path of a step (its number, and in a branch also those of the branch and of the step in it),
# and the option, or the fact of a profile, that differs.
Path = tuple[int, ...]
Switch = tuple[Path, str]
WORDS: dict[str, Any] = {"divisor": "pixels", "min_valid": 0}  # what "not set" is, in so many words


@dataclass(frozen=True)
class MixedStep(Step):
    """A step under a profile that has some facts of another."""

    mixed: Profile = PROFILES["poolcli"]

    @property
    def profile(self) -> Profile:
        return self.mixed


class Cause(NamedTuple):
    """A rule by which results differ, in this one of so many steps, counted from 1."""

    step: int
    steps: int
    rule: SemanticsRule


def causes_of(of: str, pipelines: tuple[Pipeline, Pipeline], fmap: FeatureMap) -> tuple[Cause, ...]:
    """The causes why the second pipeline's result is another than the first one's."""
    goal = fact_of(of, pipelines[1], fmap)
    switches = {
        switch: steps for switch, steps in _switches(*pipelines) if _rules(steps, switch[1], of)
    }
    needed = list(switches)
    for switch in switches:
        others = frozenset(needed) - {switch}
        if _gives(of, _switched(*pipelines, others), fmap, goal):
            needed.remove(switch)
    count = len(pipelines[0].steps)
    causes = [
        Cause(path[0] + 1, count, _rule(switches[path, option], option, of))
        for path, option in needed
    ]
    return tuple(dict.fromkeys(causes))


def concerns(rule: SemanticsRule, step: Step, of: str) -> bool:
    """Whether a rule is about what this step does, to its values or its indices."""
    options = {option.name: step[option.name] for option in step.op.options}
    return (of == "indices" or not rule.indices) and rule.concerns(step.op.name, options)


def _gives(of: str, pipeline: Pipeline, fmap: FeatureMap, goal: Array) -> bool:
    try:
        result = fact_of(of, pipeline, fmap)
    except PoolError:  # a mixture of two profiles need not fit the map
        return False
    return result.shape == goal.shape and not differing(result, goal).any()


def _rule(steps: tuple[Step, Step], option: str, of: str) -> SemanticsRule:
    """The rule of a switch; one about the operation rather than one about all."""
    return min(_rules(steps, option, of), key=lambda rule: not rule.ops)


def _rules(steps: tuple[Step, Step], option: str, of: str) -> list[SemanticsRule]:
    return [
        rule
        for rule in RULES
        if rule.option == option and any(concerns(rule, step, of) for step in steps)
    ]


def _switches(
    one: Pipeline, other: Pipeline, path: Path = ()
) -> Iterator[tuple[Switch, tuple[Step, Step]]]:
    """All that two profiles do differently, each with the step under both."""
    for number, (mine, theirs) in enumerate(zip(one.steps, other.steps, strict=True)):
        here = (*path, number)
        if mine.op.positional:
            branches = zip(mine["branches"], theirs["branches"], strict=True)
            for branch, pair in enumerate(branches):
                yield from _switches(*pair, (*here, branch))
            continue
        for name in _options(mine):
            if _explicit(mine, name) != _explicit(theirs, name):
                yield (here, name), (mine, theirs)
        for fact in FACTS:
            one_fact, other_fact = (
                step.profile.fact(fact, step.op.name) for step in (mine, theirs)
            )
            if one_fact != other_fact:
                yield (here, fact), (mine, theirs)


def _options(step: Step) -> list[str]:
    """The options whose defaults may depend on the profile."""
    return [option.name for option in step.op.options if option.name != "semantics"]


def _switched(
    one: Pipeline, other: Pipeline, switches: frozenset[Switch], path: Path = ()
) -> Pipeline:
    """The first pipeline, with these switches as in the second."""
    pairs = enumerate(zip(one.steps, other.steps, strict=True))
    return Pipeline(tuple(_switched_step(*pair, switches, (*path, n)) for n, pair in pairs))


def _switched_step(mine: Step, theirs: Step, switches: frozenset[Switch], path: Path) -> Step:
    if mine.op.positional:
        pairs = enumerate(zip(mine["branches"], theirs["branches"], strict=True))
        branches = tuple(_switched(*pair, switches, (*path, n)) for n, pair in pairs)
        return replace(mine, options=(*mine.options, ("branches", branches)))
    options = dict(mine.options)
    for name in _options(mine):
        if (path, name) in switches:
            options[name] = _explicit(theirs, name)
    taken = {fact: getattr(theirs.profile, fact) for fact in FACTS if (path, fact) in switches}
    profile = mine.profile._replace(**taken)
    return MixedStep(mine.op, mine.windows, tuple(options.items()), mixed=profile)


def _explicit(step: Step, name: str) -> Any:
    """The value of an option as it can be written, also where none is set."""
    if name == "ceil_mode":
        return step.ceil_rule
    if step[name] is not None:
        return step[name]
    return step["kernel"] if name == "stride" else WORDS.get(name)
