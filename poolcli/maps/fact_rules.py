"""How pooling changes carried facts: the rules that the table of `facts.py` names.

Numbers are computed as fractions and rounded once. A rule raises OverflowError for a number that is
not finite, or becomes too large: such a fact is of no use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, NamedTuple

from poolcli.maps.exact import exact
from poolcli.maps.sampling import Sampling

if TYPE_CHECKING:
    from poolcli.maps.fits_wcs import Card

Facts = Mapping[str, Any]  # values by the names of facts
Rule = Callable[[Any, Sampling, Facts], Any]  # the value after pooling; None: it is dropped


class PixelSize(NamedTuple):
    """The size of a pixel along one axis; the unit is empty where the file has none."""

    size: float
    unit: str = ""


class Affine(NamedTuple):
    """World coordinates of the centres of pixels.

    `matrix` has a row for each world coordinate, with a column for each letter of `axes` and a last
    one for the centre of pixel 0.
    """

    axes: str
    matrix: tuple[tuple[float, ...], ...]


class Coordinates(NamedTuple):
    """Coordinates of the pixels along one axis: the name of their variable, and its attributes."""

    name: str
    values: tuple[float, ...]
    attributes: Mapping[str, Any] = {}


def kept(value: Any, _: Sampling, __: Facts) -> Any:
    """Return the value as it is."""
    return value


def by_stride(value: Mapping[str, PixelSize], axes: Sampling, _: Facts) -> Any:
    """Sizes of pixels, times the stride."""
    return {
        letter: pixel._replace(size=_product(pixel.size, axes[letter].stride))
        for letter, pixel in value.items()
        if letter in axes and axes[letter].stride is not None
    } or None


def by_offset(value: Mapping[str, float], axes: Sampling, facts: Facts) -> Any:
    """Coordinates of the first centre, moved to that of the first cell."""
    sizes: Mapping[str, PixelSize] = facts.get("spacing", {})
    return {
        letter: _moved(start, sizes.get(letter, PixelSize(1.0)).size, axes[letter].offset)
        for letter, start in value.items()
        if letter in axes and axes[letter].offset is not None
    } or None


def affine(value: Affine, axes: Sampling, _: Facts) -> Affine | None:
    """Columns times the stride, and the last one at the centre of the first cell."""
    lattice = _lattice(value.axes, axes)
    if lattice is None:
        return None
    rows = []
    for *scales, start in value.matrix:
        moves = (exact(s) * at for s, (_, at) in zip(scales, lattice, strict=True))
        moved = float(sum(moves, exact(start)))
        rows.append((*(_product(s, by) for s, (by, _) in zip(scales, lattice, strict=True)), moved))
    return value._replace(matrix=tuple(rows))


def geotransform(value: tuple[float, ...], axes: Sampling, _: Facts) -> Any:
    """Sizes times the stride, at the corner of the first cell."""
    lattice = _lattice("WH", axes)
    if lattice is None:
        return None
    (across, right), (down, below) = lattice
    # The corner of a cell is half a stride before its centre, and that of a pixel half a pixel.
    corner = right + Fraction(1, 2) - across / 2, below + Fraction(1, 2) - down / 2
    moved = []
    for start, x, y in (value[:3], value[3:]):
        at = exact(start) + exact(x) * corner[0] + exact(y) * corner[1]
        moved += [float(at), _product(x, across), _product(y, down)]
    return tuple(moved)


def control_points(value: tuple[tuple[float, ...], ...], axes: Sampling, _: Facts) -> Any:
    """Points at the same places, in the new pixels."""
    lattice = _lattice("HW", axes)
    if lattice is None:
        return None
    (down, below), (across, right) = lattice
    half = Fraction(1, 2)
    return tuple(
        (
            float((exact(row) - half - below) / down + half),
            float((exact(column) - half - right) / across + half),
            *world,
        )
        for row, column, *world in value
    )


def coordinates(value: Mapping[str, Coordinates], axes: Sampling, _: Facts) -> Any:
    """Coordinates between those of pixels, and beyond them, lie on straight lines."""
    made = {}
    for letter, one in value.items():
        axis = axes.get(letter)
        if axis is None or axis.stride is None or axis.offset is None:
            continue
        if axis.is_same:
            made[letter] = one
        elif len(one.values) > 1:
            places = [axis.offset + number * axis.stride for number in range(axis.after)]
            made[letter] = one._replace(values=tuple(_between(one.values, at) for at in places))
    return made or None


def _between(values: tuple[float, ...], at: Fraction) -> float:
    low = min(max(int(at // 1), 0), len(values) - 2)
    ends = values[low], values[low + 1]
    if not all(map(isfinite, ends)):
        return nan
    first, second = map(exact, ends)
    return float(first + (second - first) * (at - low))


def by_relative_stride(value: tuple[float, float], axes: Sampling, _: Facts) -> Any:
    """Across and down; the axis that is pooled more has fewer pixels to the same length."""
    lattice = _lattice("WH", axes)
    if lattice is None:
        return value
    least = min(by for by, _ in lattice)
    pairs = zip(value, lattice, strict=True)
    return tuple(float(exact(number) * least / by) for number, (by, _) in pairs)


def resized(resize: Callable[[bytes, int, int], bytes]) -> Rule:
    """Return the rule of a block that repeats the size of its picture."""

    def rule(value: bytes, axes: Sampling, _: Facts) -> bytes:
        if "W" not in axes or "H" not in axes:
            return value
        return resize(value, axes["W"].after, axes["H"].after)

    return rule


def per_channel(value: Any, axes: Sampling, _: Facts) -> Any:
    """Return what is said of each channel, while there are as many."""
    if "C" not in axes:
        return value if len(value) == 1 else None
    return value if axes["C"].before == axes["C"].after else None


def where_channels_stay(value: Any, axes: Sampling, _: Facts) -> Any:
    """Return what is said of channels by their numbers, while there are as many."""
    return value if "C" not in axes or axes["C"].before == axes["C"].after else None


def in_place(value: Any, axes: Sampling, _: Facts) -> Any:
    """Return what is said of places in the image, while no pixel moves."""
    return value if all(axis.is_same for axis in axes.values()) else None


def imagej(value: Mapping[str, Any], axes: Sampling, _: Facts) -> Any:
    """Return what ImageJ says, without labels of planes that are gone, or tables of channels."""
    same = {letter for letter, axis in axes.items() if axis.before == axis.after}
    stale = set() if set("NDC") & axes.keys() <= same else {"labels"}
    if "C" in axes and "C" not in same:
        stale |= {"ranges", "luts"}
    return {name: each for name, each in value.items() if name not in stale}


def ome(value: Mapping[str, Any], axes: Sampling, _: Facts) -> Any:
    """Return what OME says, with the planes that viewers show first where they have gone."""
    omero = value.get("omero")
    defaults = omero.get("rdefs") if isinstance(omero, Mapping) else None
    if not isinstance(omero, Mapping) or not isinstance(defaults, Mapping):
        return value
    moved = dict(defaults)
    for name, letter in (("defaultT", "N"), ("defaultZ", "D")):
        if letter in axes and isinstance(moved.get(name), int):
            moved[name] = axes[letter].nearest(moved[name])
    return {**value, "omero": {**omero, "rdefs": moved}}


def polynomials(value: tuple[float, ...], axes: Sampling, _: Facts) -> Any:
    """Return the tag RPC with offset and scale of lines (numbers 2, 7) and samples (3, 8) moved."""
    lattice = _lattice("HW", axes)
    if lattice is None:
        return None
    moved = list(value)
    for (stride, offset), at, by in zip(lattice, (2, 3), (7, 8), strict=True):
        moved[at] = float((exact(value[at]) - offset) / stride)
        moved[by] = float(exact(value[by]) / stride)
    return tuple(moved)


def of_axes(value: Mapping[str, Any], axes: Sampling, _: Facts) -> Any:
    """Return what is said of the axes that are left."""
    return {letter: each for letter, each in value.items() if letter in axes} or None


def fits_wcs(value: tuple[str, tuple[Card, ...]], axes: Sampling, _: Facts) -> Any:
    """The letters of FITS axes, and cards; those of axes that are gone have no meaning."""
    from poolcli.maps.fits_wcs import pooled_cards

    letters, cards = value
    strides = _lattice(letters, axes)
    if strides is None:
        return None
    return letters, pooled_cards(cards, dict(enumerate(strides, start=1)))


def _lattice(letters: str, axes: Sampling) -> list[tuple[Fraction, Fraction]] | None:
    """Stride and offset along each of these axes; None if pixels are not equally far apart."""
    found = []
    for letter in letters:
        axis = axes.get(letter)
        if axis is None or axis.stride is None or axis.offset is None:
            return None
        found.append((axis.stride, axis.offset))
    return found


def _product(size: float, by: Fraction | None) -> float:
    return float(exact(size) * (1 if by is None else by))


def _moved(start: float, size: float, by: Fraction | None) -> float:
    return float(exact(start) + exact(size) * (by or 0))
