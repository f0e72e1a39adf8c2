"""The facts of a result, by the rules of the table, and those that it has no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolcli.maps.facts import FACTS, Facts
from poolcli.maps.sampling import Sampling


def carried(facts: Facts, sampling: Sampling) -> Facts:
    """The facts of a result.

    >>> from fractions import Fraction
    >>> from poolcli.maps.fact_rules import PixelSize
    >>> from poolcli.maps.sampling import sampling_of
    >>> half = sampling_of(("L", (9,)), ("L", (4,)), ([Fraction(2)], [Fraction(1, 2)], [True]))
    >>> carried({"spacing": {"L": PixelSize(0.5, "mm")}, "origin": {"L": 20.0}}, half)
    {'spacing': {'L': PixelSize(size=1.0, unit='mm')}, 'origin': {'L': 20.25}}
    """
    if not facts:
        return facts
    made = ((name, _carried(name, sampling, facts)) for name in facts)
    return {name: value for name, value in made if value is not None}


def _carried(name: str, sampling: Sampling, facts: Facts) -> Any:
    try:
        return FACTS[name].rule(facts[name], sampling, facts)
    except OverflowError:
        return None


def lost(before: Facts, after: Facts) -> tuple[str, ...]:
    """The names of facts that a map had, and that its result has no longer, or for fewer axes."""
    return tuple(
        name
        for name in FACTS
        if name in before
        and not (FACTS[name].is_storage or FACTS[name].plain(before[name]))
        and (name not in after or _has_fewer(before[name], after[name]))
    )


def _has_fewer(before: Any, after: Any) -> bool:
    return isinstance(before, Mapping) and bool(before.keys() - after.keys())
