"""The table of carried facts: what a map has beside its values, and how pooling changes it.

A map carries its facts in a mapping by their names. Sources fill it, every step changes it by the
rules below, and the record of a format says which of them it holds: see `poolcli/io/format.py`.
A new fact is a row here, and an entry in the records of the formats that hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from poolcli.maps.embedded_sizes import exif_resized, xmp_resized
from poolcli.maps.sampling import Sampling

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


class Fact(NamedTuple):
    """A row of the table.

    `label` names the fact in reports, `change` says in words what `rule` does, and `shown` is the
    value in words. A fact `is_storage` if it says how a file holds its pixels and not what they
    are: then nothing is lost where another format holds them otherwise. `holds` is the type of the
    value, in words for who writes a format. A value is `plain` if it says what holds without it.
    """

    name: str
    label: str
    holds: str
    rule: Rule
    change: str
    shown: Callable[[Any], str] = str
    is_storage: bool = False
    plain: Callable[[Any], bool] = lambda _: False


# Rules ---------------------------------------------------------------------------------------


def _kept(value: Any, _: Sampling, __: Facts) -> Any:
    return value


def _by_stride(value: Mapping[str, PixelSize], axes: Sampling, _: Facts) -> Any:
    return {
        letter: pixel._replace(size=_product(pixel.size, axes[letter].stride))
        for letter, pixel in value.items()
        if letter in axes and axes[letter].stride is not None
    } or None


def _by_offset(value: Mapping[str, float], axes: Sampling, facts: Facts) -> Any:
    sizes: Mapping[str, PixelSize] = facts.get("spacing", {})
    return {
        letter: _moved(start, sizes.get(letter, PixelSize(1.0)).size, axes[letter].offset)
        for letter, start in value.items()
        if letter in axes and axes[letter].offset is not None
    } or None


def _affine(value: Affine, axes: Sampling, _: Facts) -> Affine | None:
    lattice = _lattice(value.axes, axes)
    if lattice is None:
        return None
    rows = []
    for *scales, start in value.matrix:
        moves = (Fraction(s) * at for s, (_, at) in zip(scales, lattice, strict=True))
        moved = float(sum(moves, Fraction(start)))
        rows.append((*(_product(s, by) for s, (by, _) in zip(scales, lattice, strict=True)), moved))
    return value._replace(matrix=tuple(rows))


def _geotransform(value: tuple[float, ...], axes: Sampling, _: Facts) -> Any:
    lattice = _lattice("WH", axes)
    if lattice is None:
        return None
    (across, right), (down, below) = lattice
    # The corner of a cell is half a stride before its centre, and that of a pixel half a pixel.
    corner = right + Fraction(1, 2) - across / 2, below + Fraction(1, 2) - down / 2
    moved = []
    for start, x, y in (value[:3], value[3:]):
        at = Fraction(start) + Fraction(x) * corner[0] + Fraction(y) * corner[1]
        moved += [float(at), _product(x, across), _product(y, down)]
    return tuple(moved)


def _control_points(value: tuple[tuple[float, ...], ...], axes: Sampling, _: Facts) -> Any:
    lattice = _lattice("HW", axes)
    if lattice is None:
        return None
    (down, below), (across, right) = lattice
    half = Fraction(1, 2)
    return tuple(
        (
            float((Fraction(row) - half - below) / down + half),
            float((Fraction(column) - half - right) / across + half),
            *world,
        )
        for row, column, *world in value
    )


def _coordinates(value: Mapping[str, Coordinates], axes: Sampling, _: Facts) -> Any:
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
    first, second = Fraction(values[low]), Fraction(values[low + 1])
    return float(first + (second - first) * (at - low))


def _aspect(value: tuple[float, float], axes: Sampling, _: Facts) -> Any:
    """Across and down; the axis that is pooled more has fewer pixels to the same length."""
    lattice = _lattice("WH", axes)
    if lattice is None:
        return value
    least = min(by for by, _ in lattice)
    pairs = zip(value, lattice, strict=True)
    return tuple(float(Fraction(number) * least / by) for number, (by, _) in pairs)


def _resized(resize: Callable[[bytes, int, int], bytes]) -> Rule:
    def rule(value: bytes, axes: Sampling, _: Facts) -> bytes:
        if "W" not in axes or "H" not in axes:
            return value
        return resize(value, axes["W"].after, axes["H"].after)

    return rule


def _per_channel(value: Any, axes: Sampling, _: Facts) -> Any:
    if "C" not in axes:
        return value if len(value) == 1 else None
    return value if axes["C"].before == axes["C"].after else None


def _of_axes(value: Mapping[str, Any], axes: Sampling, _: Facts) -> Any:
    return {letter: each for letter, each in value.items() if letter in axes} or None


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
    return float(Fraction(size) * (1 if by is None else by))


def _moved(start: float, size: float, by: Fraction | None) -> float:
    return float(Fraction(start) + Fraction(size) * (by or 0))


# Words ---------------------------------------------------------------------------------------


def _sizes(value: Mapping[str, PixelSize]) -> str:
    return " x ".join(f"{size:g} {unit}".strip() for size, unit in value.values())


def _numbers(value: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in value)


def _bytes(value: bytes) -> str:
    return f"{len(value)} bytes"


def _names(value: Iterable[str]) -> str:
    return ", ".join(value)


# The table -----------------------------------------------------------------------------------

_ROWS = (
    Fact(
        "spacing",
        "size of a pixel",
        "a PixelSize by the letter of each axis",
        _by_stride,
        "times the stride",
        _sizes,
        plain=lambda value: set(value.values()) == {PixelSize(1.0)},
    ),
    Fact(
        "origin",
        "origin",
        "the coordinate of the first centre by the letter of each axis",
        _by_offset,
        "the centre of the first cell",
        lambda value: _numbers(value.values()),
        plain=lambda value: not any(value.values()),
    ),
    Fact(
        "affine",
        "affine",
        "an Affine",
        _affine,
        "columns times the stride, the last at the centre of the first cell",
        lambda value: "; ".join(map(_numbers, value.matrix)),
    ),
    Fact(
        "geotransform",
        "geotransform",
        "six numbers as in GDAL, of the corner of the first pixel",
        _geotransform,
        "sizes times the stride, at the corner of the first cell",
        _numbers,
    ),
    Fact("crs", "CRS", "WKT, or a name such as EPSG:32633", _kept, "kept"),
    Fact(
        "control_points",
        "control points",
        "(row, column, x, y, z) as in GDAL, from the corner of the first pixel",
        _control_points,
        "moved to the same places",
        lambda value: f"{len(value)} points",
    ),
    Fact(
        "coordinates",
        "coordinates",
        "Coordinates by the letter of each axis",
        _coordinates,
        "of the cells' centres",
        lambda value: _names(one.name for one in value.values()),
    ),
    Fact(
        "dimensions",
        "names of axes",
        "a name by the letter of each axis",
        _of_axes,
        "kept",
        lambda value: _names(value.values()),
    ),
    Fact("channels", "names of channels", "a name for each channel", _per_channel, "kept", _names),
    Fact("nodata", "nodata", "the values that are none", _kept, "kept, and left out", _numbers),
    Fact(
        "scale_offset",
        "scale and offset of values",
        "(scale, offset) for each channel, or one",
        _kept,
        "kept",
    ),
    Fact("icc", "ICC profile", "its bytes", _kept, "kept", _bytes),
    Fact("gamma", "gamma", "the number of a PNG's gAMA", _kept, "kept", lambda value: f"{value:g}"),
    Fact(
        "chromaticities",
        "chromaticities",
        "x and y of white, red, green, blue",
        _kept,
        "kept",
        _numbers,
    ),
    Fact(
        "exif",
        "EXIF",
        "the block, without a prefix",
        _resized(exif_resized),
        "kept; its size is that of the result",
        _bytes,
    ),
    Fact(
        "xmp",
        "XMP",
        "the packet",
        _resized(xmp_resized),
        "kept; its size is that of the result",
        _bytes,
    ),
    Fact(
        "text",
        "text",
        "pairs of keyword and text",
        _kept,
        "kept",
        lambda value: _names(name for name, _ in value),
    ),
    Fact("comment", "comment", "a text", _kept, "kept"),
    Fact(
        "dpi",
        "DPI",
        "dots per inch across and down",
        _aspect,
        "kept; less on an axis that is pooled more than the other",
        lambda value: f"{value[0]:g} dpi",
    ),
    Fact(
        "aspect",
        "shape of a pixel",
        "dots to the same length, across and down",
        _aspect,
        "as dpi",
        lambda value: f"{value[0]:g}:{value[1]:g}",
    ),
    Fact(
        "duration",
        "duration of a frame",
        "milliseconds",
        _kept,
        "kept",
        lambda value: f"{value:g} ms",
    ),
    Fact("loop", "loop", "how often frames are shown, 0 for ever", _kept, "kept"),
    Fact("default_image", "default image", "True: the first map is no frame", _kept, "kept"),
    Fact("attributes", "attributes", "of the array: JSON values by name", _kept, "kept", _names),
    Fact(
        "file_attributes",
        "attributes of the file",
        "of what holds the array, by name",
        _kept,
        "kept",
        _names,
    ),
    Fact(
        "ome",
        "OME metadata",
        "what OME says of the image and has no row of its own, by name",
        _kept,
        "kept",
        _names,
    ),
    Fact("labels", "label images", "their names: they lie beside an image", _kept, "kept", _names),
    Fact("compression", "compression", "its name in lower case", _kept, "kept", is_storage=True),
    Fact(
        "chunks",
        "chunks",
        "pixels of a chunk, tile or block by the letter of each axis",
        _of_axes,
        "kept",
        lambda value: "x".join(map(str, value.values())),
        is_storage=True,
    ),
    Fact(
        "storage",
        "storage",
        "whatever else a format wants to write again, by name",
        _kept,
        "kept",
        _names,
        is_storage=True,
    ),
)
FACTS = {fact.name: fact for fact in _ROWS}


def carried(facts: Facts, sampling: Sampling) -> Facts:
    """The facts of a result.

    >>> from poolcli.maps.sampling import sampling_of
    >>> half = sampling_of(("L", (9,)), ("L", (4,)), ([Fraction(2)], [Fraction(1, 2)], [True]))
    >>> carried({"spacing": {"L": PixelSize(0.5, "mm")}, "origin": {"L": 20.0}}, half)
    {'spacing': {'L': PixelSize(size=1.0, unit='mm')}, 'origin': {'L': 20.25}}
    """
    if not facts:
        return facts
    made = ((name, FACTS[name].rule(value, sampling, facts)) for name, value in facts.items())
    return {name: value for name, value in made if value is not None}


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
