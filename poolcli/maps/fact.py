"""A row of the table of carried facts, and values of facts in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from poolcli.maps.fact_rules import PixelSize, Rule, kept

_FEW, _LONGEST = 6, 60  # names that are shown, and letters of each


class Fact(NamedTuple):
    """A row of the table.

    `label` names the fact in reports, `change` says what `rule` does, and `shown` is the value in
    words. A fact is kept if its row says nothing else. `holds` is the type of the value, for who
    writes a format. A fact `is_storage` if it says how a file holds its pixels and not what they
    are: then nothing is lost where another format holds them otherwise. A value is `plain` if it
    says what holds without it. A fact that `is_named` is reported with its value where it is lost.
    """

    name: str
    label: str
    holds: str
    rule: Rule = kept
    change: str = "kept"
    shown: Callable[[Any], str] = str
    is_storage: bool = False
    plain: Callable[[Any], bool] = lambda _: False
    is_named: bool = False

    def lost_words(self, value: Any) -> str:
        """How a report names the fact among those that are dropped."""
        return f"{self.label} ({self.shown(value)})" if self.is_named else self.label


def sizes_words(value: Mapping[str, PixelSize]) -> str:
    """Sizes of pixels with their units."""
    return " x ".join(f"{size:g} {unit}".strip() for size, unit in value.values())


def numbers_words(value: Iterable[float]) -> str:
    """Numbers, with all digits that people write."""
    return ", ".join(f"{number:.10g}" for number in value)


def grid_words(value: tuple[float, ...]) -> str:
    """A geotransform: the size of a pixel, and its corner."""
    left, across, turn, top, other_turn, down = value
    turned = f", turned by {turn:.10g}, {other_turn:.10g}" if turn or other_turn else ""
    return f"{across:.10g} x {down:.10g} from {left:.10g}, {top:.10g}{turned}"


def dots_words(value: tuple[float, float]) -> str:
    """Dots per inch: one number where both are the same."""
    across, down = (f"{round(each, 1):g}" for each in value)
    return across if across == down else f"{across} x {down}"


def bytes_words(value: bytes) -> str:
    """How long a block is."""
    return f"{len(value)} bytes"


def names_words(value: Iterable[str]) -> str:
    """Names."""
    return ", ".join(value)


def few_names_words(value: Sequence[str]) -> str:
    """The first names, without their ends where they are long, and how many more there are.

    >>> few_names_words("abcdefgh")
    'a, b, c, d, e, f and 2 more'
    """
    more = f" and {len(value) - _FEW} more" if len(value) > _FEW else ""
    cut = (each if len(each) <= _LONGEST else each[: _LONGEST - 1] + "…" for each in value[:_FEW])
    return names_words(cut) + more


def inner_names_words(value: Mapping[str, Any]) -> str:
    """The names of attributes, which may be grouped by what they belong to."""
    groups = (each if isinstance(each, Mapping) else (name,) for name, each in value.items())
    return names_words(dict.fromkeys(name for group in groups for name in group))
