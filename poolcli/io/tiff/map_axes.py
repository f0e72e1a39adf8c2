"""The axes of the map of an image: their letters and sizes, and the facts that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poolcli.errors import FileError
from poolcli.io.tiff import stored_samples
from poolcli.io.tiff.images import Image
from poolcli.io.tiff.page import Page
from poolcli.io.tiff.tags import Tag
from poolcli.maps.layout import check_layout


def inner_letters(page: Page) -> str:
    """The letters of the axes of a page; colours are last, whatever they are in the file."""
    if page.samples == 1:
        return "HW"
    return "CHW" if page.is_planar and not stored_samples.is_colour_image(page) else "HWC"


def turn_of(page: Page, facts: Mapping[str, Any]) -> int:
    """How the pixels are turned; those of a map of the ground are as they are, as in GDAL."""
    turn = page.directory.whole(Tag.ORIENTATION, 1)
    is_map = "geotransform" in facts or "control_points" in facts
    return turn if 1 <= turn <= 8 and not is_map else 1


def facts_of_axes(facts: Mapping[str, Any], letters: str) -> dict[str, Any]:
    """The facts without sizes and origins of axes that the map has not."""
    found = dict(facts)
    for name in ("spacing", "origin"):
        known = facts.get(name, {})
        kept = {letter: known[letter] for letter in letters if letter in known}
        found.pop(name, None)
        if kept:
            found[name] = kept
    return found


def turned_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of pixels whose rows become columns."""
    swapped = dict(facts)
    for name in ("dpi", "aspect"):
        if name in facts:
            swapped[name] = facts[name][::-1]
    for name in ("spacing", "origin", "chunks"):
        if name in facts:
            letters = {"H": "W", "W": "H"}
            swapped[name] = {letters.get(each, each): value for each, value in facts[name].items()}
    return swapped


def inner_shape(page: Page, inner: str, turn: int) -> tuple[int, ...]:
    """The shape of an upright page."""
    height, width = page.height, page.width
    if turn >= 5:
        height, width = width, height
    sides = {"C": stored_samples.count_of(page), "H": height, "W": width}
    return tuple(sides[letter] for letter in inner)


def named_axes(
    image: Image, shape: tuple[int, ...], inner: str, layout: str | None
) -> tuple[tuple[int, ...], str]:
    """Shape and letters, as they are asked for; FileError where there are no usual letters."""
    if layout:
        unnamed = image.letters.startswith("N") and len(image.lead) > 1
        whole = (*image.lead, *shape[1:]) if unnamed else shape
        return (
            (whole, layout)
            if len(layout) == len(whole)
            else (shape, check_layout(layout, len(shape)))
        )
    letters = image.letters + inner
    if len(set(letters)) < len(letters):
        raise FileError(
            f"its axes ({letters}) have no usual names here: "
            "give --layout with as many letters, such as NDCHW"
        )
    return shape, letters


def chunk_shape(page: Page, shape: tuple[int, ...], inner: str) -> tuple[int, ...]:
    """The shape of a segment in the map's axes; samples come together."""
    sides = {"H": page.segment[0], "W": page.segment[1], "C": stored_samples.count_of(page)}
    inside = tuple(sides[letter] for letter in inner)
    wanted = (1,) * (len(shape) - len(inner)) + inside
    return tuple(min(side, size) for side, size in zip(wanted, shape, strict=True))
