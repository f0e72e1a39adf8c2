"""A comparison as pictures: the map, what each pipeline made of it, and how far that is from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poolcli.analysis.comparison.results import Result
from poolcli.analysis.picture.colour import Limits, cubehelix, limits_of
from poolcli.analysis.picture.contact_sheet import Figure, Section
from poolcli.analysis.picture.render import render
from poolcli.errors import plain
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words

DIFFERENCE = "difference from the original"


def section(
    name: str, fmap: FeatureMap, results: Sequence[Result], notes: Sequence[str]
) -> Section:
    """The original with the scale of the differences, and a figure for each result: all on the same scales."""
    original = render(fmap)
    far = 0.0, max(limits_of(result.difference.data)[1] for result in results)
    told = plain(name)
    facts = ", ".join(
        filter(None, [f"{shape_words(fmap.form.shape)} {fmap.form.dtype}", original.words])
    )
    first = Figure(
        f"original: {told}",
        original.pixels,
        facts,
        _bar(original.pixels),
        f"{DIFFERENCE}: 0 .. {far[1]:.5g}",
    )
    return Section(
        told,
        (
            first,
            *(_figure(*pair, original.limits, far) for pair in zip(results, notes, strict=True)),
        ),
    )


def _figure(result: Result, note: str, limits: Limits | None, far: Limits) -> Figure:
    shown, difference = render(result.shown, limits=limits), render(result.difference, limits=far)
    return Figure(plain(result.pipeline), shown.pixels, note, difference.pixels, DIFFERENCE)


def _bar(pixels: Array) -> Array:
    """The scale of colours, as wide as a picture."""
    height, width = max(1, pixels.shape[1] // 24), pixels.shape[1]
    colours = cubehelix()[np.linspace(0, 255, width).round().astype(int)]
    return np.broadcast_to(colours, (height, width, 3))
