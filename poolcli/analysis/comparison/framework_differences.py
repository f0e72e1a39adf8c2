"""One pipeline under the semantics of several frameworks: where the results differ, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from poolcli.analysis.comparison.causes import Cause, causes_of, concerns
from poolcli.analysis.comparison.compared_values import differing, fact_of, is_indexed
from poolcli.errors import PoolError, RequestError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.pipeline.parser import Parser
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.semantics import RULES
from poolcli.pipeline.step import Step


@dataclass(frozen=True)
class Lack:
    """What a framework does not have, and where that is documented."""

    what: str
    source: str


@dataclass(frozen=True)
class Difference:
    """How a pipeline's values, or its indices, differ under one profile from those under another.

    Where the framework of `profile` lacks something, `missing` says what, and `shape` is None.
    `cells` of `size` cells differ, None where the shapes differ. `first` is the index of the first
    of them, `values` its value under the reference and under the profile, and `largest` the largest
    finite difference.
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
        """Whether one framework cannot replace the other; indices that one lacks do not count."""
        return self.cells != 0 or bool(self.missing and self.of == "values")


@dataclass(frozen=True)
class FrameworkComparison:
    """An input's name and form, the text of a pipeline, and the differences between frameworks."""

    name: str
    form: Form
    pipeline: str
    differences: list[Difference]

    @property
    def differs(self) -> bool:
        return any(difference.differs for difference in self.differences)


class ProfileOutcome(NamedTuple):
    """A profile, and the pipeline and its values under it, or why it refuses them."""

    profile: str
    pipeline: Pipeline | None = None
    values: Array | None = None
    refusal: PoolError | None = None

    @property
    def missing(self) -> tuple[Lack, ...]:
        """What the framework does not have, or refuses."""
        missing = _missing(self.pipeline, self.profile, "values") if self.pipeline else ()
        refused = () if self.refusal is None else (Lack(f"refused: {self.refusal}", "poolcli"),)
        return missing or refused


def differences(
    text: str, profiles: Sequence[str], fmap: FeatureMap, parser: Parser | None = None
) -> list[Difference]:
    """A difference for each profile, of the values and, where there are some, of the indices.

    The reference is the first profile whose framework has all that the pipeline asks for. Raises
    PoolError where no profile takes the map.
    """
    parser = parser or Parser()
    outcomes = [_outcome(parser, text, name, fmap) for name in profiles]
    taking = [outcome for outcome in outcomes if outcome.refusal is None]
    if not taking and outcomes[0].refusal is not None:
        raise outcomes[0].refusal
    complete = [outcome for outcome in taking if not outcome.missing]
    reference = complete[0] if complete else taking[0]
    assert reference.pipeline is not None
    facts = ("values", "indices") if is_indexed(reference.pipeline) else ("values",)
    return [_difference(of, reference, outcome, fmap) for of in facts for outcome in outcomes]


def _outcome(parser: Parser, text: str, profile: str, fmap: FeatureMap) -> ProfileOutcome:
    try:
        pipeline = parser.parse(text, profile)
    except PoolError as error:
        return ProfileOutcome(profile, refusal=error)
    if pipeline.several:
        raise RequestError(
            f"{text}: gives several maps, and semantics are compared on one: leave pyramid out"
        )
    try:
        return ProfileOutcome(profile, pipeline, fact_of("values", pipeline, fmap))
    except PoolError as error:
        return ProfileOutcome(profile, pipeline, refusal=error)


def _difference(
    of: str, reference: ProfileOutcome, other: ProfileOutcome, fmap: FeatureMap
) -> Difference:
    """The difference of an outcome from the reference."""
    unmeasured = Difference(other.profile, reference.profile, of)
    if other.pipeline is None or other.values is None:
        return replace(unmeasured, missing=other.missing)
    if missing := _missing(other.pipeline, other.profile, of):
        return replace(unmeasured, missing=missing)
    if of == "indices" and not is_indexed(other.pipeline):
        return replace(unmeasured, missing=(Lack("no index", "its results are no pixels"),))
    assert reference.pipeline is not None
    pipelines = reference.pipeline, other.pipeline
    one, two = reference.values, other.values
    if of == "indices":
        one, two = (fact_of(of, pipeline, fmap) for pipeline in pipelines)
    assert one is not None
    measured = replace(unmeasured, shape=two.shape, size=two.size, **_measurements(one, two))
    if not measured.differs:
        return measured
    return replace(measured, causes=causes_of(of, pipelines, fmap))


def _missing(pipeline: Pipeline, profile: str, of: str) -> tuple[Lack, ...]:
    """What the framework lacks of what the steps ask for, each with the source that comes first."""
    last, lacking = pipeline.steps[-1], PROFILES[profile]
    rules = [
        rule
        for step in _all_steps(pipeline)
        for rule in RULES
        if (step is last or not rule.indices) and concerns(rule, step, of) and rule.missing(lacking)
    ]
    sources = {rule.missing(lacking): rule.of(lacking).source for rule in reversed(rules)}
    return tuple(Lack(what, source) for what, source in reversed(sources.items()))


def _all_steps(pipeline: Pipeline) -> Iterator[Step]:
    """Every step of a pipeline and of its branches."""
    for step in pipeline.steps:
        yield step
        for branch in step["branches"] if step.op.positional else ():
            yield from _all_steps(branch)


def _measurements(one: Array, other: Array) -> dict[str, Any]:
    """The fields of a difference between two arrays."""
    if one.shape != other.shape:
        return {"cells": None}
    differs = differing(one, other)
    if not differs.any():
        return {"cells": 0}
    first = tuple(map(int, np.unravel_index(differs.argmax(), differs.shape)))
    return {
        "cells": int(differs.sum()),
        "first": first,
        "values": (one[first].item(), other[first].item()),
        "largest": _largest_difference(one[differs], other[differs]),
    }


def _largest_difference(one: Array, other: Array) -> float | None:
    """The largest difference between finite numbers, None without any."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    both_finite = np.isfinite(a) & np.isfinite(b)
    distances = np.abs(a[both_finite] - b[both_finite])
    return float(distances.max()) if np.isfinite(distances).any() else None
