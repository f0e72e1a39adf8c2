"""A map and its results in the terminal, so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.drawing.crop import crop_for
from poolcli.analysis.drawing.curves import colour_names, curve_of, is_curve, plots
from poolcli.analysis.drawing.panels import captions, drawn, panel_size, shown
from poolcli.analysis.drawing.screen import Screen
from poolcli.errors import plain
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.maps.sampling import Sampling

TitledMaps = Sequence[tuple[str, FeatureMap]]


def before_and_after(
    maps: TitledMaps, samplings: Sequence[Sampling] = (), *, screen: Screen
) -> str:
    """A map and its results: lines as curves on one axis, pictures side by side.

    `samplings` say where the cells of each result lie. Of a picture too large for the screen, that
    place is shown where the results differ the most, pixel by pixel; the first line tells it.
    """
    if all(is_curve(fmap) for _, fmap in maps):
        return curves_shown(maps, samplings, screen)
    crop = crop_for([fmap for _, fmap in maps], panel_size(len(maps), screen))
    if crop is None:
        return shown(maps, screen)
    (title, _), *_ = maps
    cropped = [(name, crop.of(fmap)) for name, fmap in maps]
    cropped[0] = (f"{title}, {crop}", cropped[0][1])
    return shown(cropped, screen)


def curves_shown(maps: TitledMaps, samplings: Sequence[Sampling], screen: Screen) -> str:
    """Curves over each other, in the whole width of the screen, with their colours named."""
    length = maps[0][1].form.space[0]
    known = [None, *samplings] if len(samplings) + 1 == len(maps) else [None] * len(maps)
    curves = [
        curve_of(fmap, length, sampling) for (_, fmap), sampling in zip(maps, known, strict=True)
    ]
    pixels, words = plots(curves, panel_size(1, screen), max(1, screen.cell[1] // 8))
    names = colour_names(len(maps))
    lines = [
        f"{name}: {plain(title)}, {shape_words(fmap.data.shape)} {fmap.data.dtype} {fmap.layout}"
        for name, (title, fmap) in zip(names, maps, strict=True)
    ]
    return drawn(pixels, screen) + captions([[*lines, words]], screen.columns)
