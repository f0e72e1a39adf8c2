"""The layout of an array: a letter for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from poolcli.errors import RequestError, ShapeError

LETTERS = "NCDHWL"
_MOST_COLOURS = 4
_BY_AXES = {1: "L", 2: "HW", 3: "CHW", 4: "NCHW", 5: "NCDHW"}


def default_layout(ndim: int) -> str:
    """The usual layout of an array of `ndim` axes.

    >>> default_layout(4)
    'NCHW'
    """
    if ndim not in _BY_AXES:
        raise ShapeError(
            f"an array of {ndim} axes has no usual layout (1 to 5 axes do): reshape it"
        )
    return _BY_AXES[ndim]


def check_layout(layout: str, ndim: int | None = None) -> str:
    """The layout in capitals; an error if it makes no sense, or has not `ndim` axes.

    >>> check_layout("nhwc", 4)
    'NHWC'
    """
    letters = layout.upper()
    if fault := _fault(letters):
        raise RequestError(
            f"layout {layout!r} {fault}: use each of {' '.join(LETTERS)} at most once, such as NCHW"
        )
    if ndim is not None and ndim != len(letters):
        raise ShapeError(
            f"layout {letters} names {len(letters)} axes, the array has {ndim}: "
            "give it as many letters"
        )
    return letters


@lru_cache(maxsize=64)
def _fault(letters: str) -> str:
    """What is wrong with a layout; empty if nothing is."""
    if unknown := "".join(sorted(set(letters) - set(LETTERS))):
        return f"has unknown letters ({unknown})"
    if len(set(letters)) < len(letters):
        return "names an axis twice"
    if not set(letters) & set("DHWL"):
        return "has no axis to pool (D, H, W or L)"
    if "L" in letters and set(letters) & set("DHW"):
        return "mixes L with D, H or W"
    return ""


def channels_last_hint(layout: str, shape: Sequence[int]) -> str:
    """What to say of a map whose last axis is so short that it may be its channels.

    >>> channels_last_hint("CHW", (64, 96, 3))
    '; if its channels come last, give `layout` HWC'
    """
    batch, channels, space = layout.partition("C")
    is_usual = channels and space in ("L", "HW", "DHW")
    if not is_usual or shape[-1] > _MOST_COLOURS or shape[len(batch)] <= _MOST_COLOURS:
        return ""
    return f"; if its channels come last, give `layout` {batch}{space}C"


def shape_words(shape: Sequence[int]) -> str:
    """A shape in messages: 1x64x56x56."""
    return "x".join(map(str, shape))


@cache
def axes_of(letters: str, layout: str) -> tuple[int, ...]:
    """The numbers of these axes in a layout.

    >>> axes_of("NCHW", "NHWC")
    (0, 3, 1, 2)
    """
    return tuple(map(layout.index, letters))


@cache
def space_axes(layout: str) -> tuple[int, ...]:
    """The numbers of the spatial axes, depth before height before width.

    >>> space_axes("NCHW"), space_axes("HWC")
    ((2, 3), (0, 1))
    """
    return axes_of("".join(letter for letter in "DHWL" if letter in layout), layout)


def space_letters(layout: str) -> str:
    """The letters of the spatial axes, depth before height before width.

    >>> space_letters("NHWC")
    'HW'
    """
    return "".join(layout[axis] for axis in space_axes(layout))
