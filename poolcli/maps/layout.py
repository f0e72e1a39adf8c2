"""Which letter names which axis of an array."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from poolcli.errors import RequestError, ShapeError

LETTERS = "NCDHWL"
_BY_AXES = {1: "L", 2: "HW", 3: "CHW", 4: "NCHW", 5: "NCDHW"}


def default_layout(ndim: int) -> str:
    """The layout of an array of so many axes when nobody says otherwise.

    >>> default_layout(4)
    'NCHW'
    """
    if ndim not in _BY_AXES:
        raise ShapeError(
            f"an array of {ndim} axes has no usual layout (1 to 5 axes do): reshape it"
        )
    return _BY_AXES[ndim]


def check_layout(layout: str, ndim: int | None = None) -> str:
    """The layout in capitals, once it is known to make sense, and to fit an array of `ndim` axes.

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
            f"layout {letters} names {len(letters)} axes, the array has {ndim}: give it as many letters"
        )
    return letters


def _fault(letters: str) -> str:
    if unknown := "".join(sorted(set(letters) - set(LETTERS))):
        return f"has unknown letters ({unknown})"
    if len(set(letters)) < len(letters):
        return "names an axis twice"
    if not set(letters) & set("DHWL"):
        return "has no axis to pool (D, H, W or L)"
    return "mixes L with D, H or W" if "L" in letters and set(letters) & set("DHW") else ""


def shape_words(shape: Sequence[int]) -> str:
    """A shape as people write it: 1x64x56x56."""
    return "x".join(map(str, shape))


@cache
def places(letters: str, layout: str) -> tuple[int, ...]:
    """Where these axes are in a layout.

    >>> places("NCHW", "NHWC")
    (0, 3, 1, 2)
    """
    return tuple(map(layout.index, letters))


@cache
def space_axes(layout: str) -> tuple[int, ...]:
    """Where the spatial axes are, depth before height before width.

    >>> space_axes("NCHW"), space_axes("HWC")
    ((2, 3), (0, 1))
    """
    return places("".join(letter for letter in "DHWL" if letter in layout), layout)
