"""The pictures of a comparison: the map, the results, and their differences from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poolcli.analysis.comparison.results import ComparedMap, PipelineResult
from poolcli.analysis.drawing.colour import Limits, cubehelix, limits_of
from poolcli.analysis.drawing.contact_sheet import Figure, Section
from poolcli.analysis.drawing.curves import curve_of, is_curve, plots
from poolcli.analysis.drawing.render import render
from poolcli.errors import plain
from poolcli.maps.array import Array
from poolcli.maps.layout import shape_words

DIFFERENCE = "difference from the original"
PLOT, THICK = (400, 1280), 3  # pixels of a plot, which a sheet shows at half their size


def comparison_section(compared: ComparedMap, notes: Sequence[str]) -> Section:
    """A figure of the original and one for each result, all on the same scales of colours.

    All show the region that is measured. A line is a curve, and so are its results, each over the
    original.
    """
    results, title = compared.results, plain(compared.name)
    where = f", of which {compared.where}" if compared.where else ""
    shape = f"{shape_words(compared.form.shape)} {compared.form.dtype}{where}"
    if is_curve(compared.region):
        return _curves_section(compared, title, shape, notes)
    original = render(compared.region)
    largest = max(limits_of(result.difference.data)[1] for result in results)
    first = Figure(
        f"original: {title}",
        original.pixels,
        ", ".join(filter(None, [shape, original.words])),
        _scale_bar(original.pixels.shape[1]),
        f"{DIFFERENCE}: 0 .. {largest:.5g}",
    )
    figures = [
        _figure(result, note, original.limits, (0.0, largest))
        for result, note in zip(results, notes, strict=True)
    ]
    return Section(title, (first, *figures))


def _figure(
    result: PipelineResult, note: str, limits: Limits | None, limits_of_difference: Limits
) -> Figure:
    enlarged = render(result.enlarged, limits=limits)
    difference = render(result.difference, limits=limits_of_difference)
    return Figure(plain(result.title), enlarged.pixels, note, difference.pixels, DIFFERENCE)


def _scale_bar(width: int) -> Array:
    """The scale of colours of the differences, from the smallest to the largest."""
    height = max(1, width // 24)
    colours = cubehelix()[np.linspace(0, 255, width).round().astype(int)]
    return np.broadcast_to(colours, (height, width, 3))


def _curves_section(compared: ComparedMap, title: str, shape: str, notes: Sequence[str]) -> Section:
    """Curves of a line and of its results, and below them those of the differences."""
    length = compared.region.form.space[0]
    original = curve_of(compared.region, length)
    pixels, words = plots([original], PLOT, THICK)
    figures = [Figure(f"original: {title}", pixels, f"{shape}, {words}")]
    for result, note in zip(compared.results, notes, strict=True):
        over, _ = plots([original, curve_of(result.enlarged, length)], PLOT, THICK)
        below, words = plots([curve_of(result.difference, length)], PLOT, THICK)
        name = plain(result.title)
        figures.append(Figure(name, over, note, below, f"{DIFFERENCE}: {words}"))
    return Section(title, tuple(figures))
