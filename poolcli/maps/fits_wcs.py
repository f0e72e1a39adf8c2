"""The world coordinates of FITS, and how pooling changes them.

The cards are those of "Representations of world coordinates in FITS" (Greisen and Calabretta 2002,
A&A 395, 1061), and the polynomials of SIP (Shupe et al. 2005, ASP 347, 491).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from poolcli.maps.exact import exact

Lattice = Mapping[int, tuple[Fraction, Fraction]]  # stride and offset by the number of a FITS axis

_PLACE = re.compile(r"CRPIX(\d+)([A-Z]?)")
_STEP = re.compile(r"CDELT(\d+)([A-Z]?)")
_MATRIX = re.compile(r"(CD|PC)(\d+)_(\d+)([A-Z]?)")
_POLYNOMIAL = re.compile(r"([AB]P?)_(\d+)_(\d+)")
WCS_CARDS = re.compile(
    r"(WCSAXES|CRPIX\d+|CRVAL\d+|CDELT\d+|CTYPE\d+|CUNIT\d+|CROTA\d+|(CD|PC|PV|PS)\d+_\d+|"
    r"LONPOLE|LATPOLE|WCSNAME|CNAME\d+|RADESYS|EQUINOX|CRDER\d+|CSYER\d+|SPECSYS)[A-Z]?|"
    r"[AB]P?_(ORDER|DMAX|\d+_\d+)"
)


class Card(NamedTuple):
    """A line of a header: its keyword, its value and its comment."""

    keyword: str
    value: object
    comment: str = ""


def pooled_cards(cards: tuple[Card, ...], axes: Lattice) -> tuple[Card, ...]:
    """The cards for pixels at other places of each axis, whose first centre is pixel 1."""
    return tuple(_moved(card, axes) for card in cards)


def _moved(card: Card, axes: Lattice) -> Card:
    value = card.value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return card
    if found := _PLACE.fullmatch(card.keyword):
        stride, offset = axes.get(int(found[1]), (Fraction(1), Fraction(0)))
        return card._replace(value=float((exact(value) - 1 - offset) / stride + 1))
    if found := _STEP.fullmatch(card.keyword):
        return card._replace(value=_times(value, _stride(axes, found[1])))
    if found := _MATRIX.fullmatch(card.keyword):
        # CD has the size of a pixel in it; PC turns what CDELT has scaled, its diagonal is 1.
        before = _stride(axes, found[2]) if found[1] == "PC" else 1
        return card._replace(value=_times(value, _stride(axes, found[3]) / before))
    if found := _POLYNOMIAL.fullmatch(card.keyword):
        return card._replace(value=_times(value, _coefficient(axes, *found.groups())))
    return card


def _stride(axes: Lattice, axis: str) -> Fraction:
    return axes.get(int(axis), (Fraction(1), Fraction(0)))[0]


def _coefficient(axes: Lattice, name: str, power: str, other: str) -> Fraction:
    """What a coefficient of u^p v^q is multiplied by, where u and v count larger pixels."""
    across, down = _stride(axes, "1"), _stride(axes, "2")
    own = across if name.startswith("A") else down
    return across ** int(power) * down ** int(other) / own


def _times(value: float, by: Fraction) -> float:
    return float(exact(value) * by)
