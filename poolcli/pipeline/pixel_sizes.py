"""Pipelines whose pyramids become isotropic, by the sizes of pixels that an input tells."""

from __future__ import annotations

from math import hypot
from typing import Any

from poolcli.errors import RequestError
from poolcli.maps.facts import Facts, PixelSize
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import space_letters
from poolcli.maps.pooled_facts import carried
from poolcli.pipeline.options import ISOTROPIC
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.pyramid_step import PyramidStep

_METRES = {
    "m": 1.0,
    "metre": 1.0,
    "meter": 1.0,
    "cm": 1e-2,
    "mm": 1e-3,
    "\u00b5m": 1e-6,
    "\u03bcm": 1e-6,
    "um": 1e-6,
    "micron": 1e-6,
    "nm": 1e-9,
    "angstrom": 1e-10,
    "\u00c5": 1e-10,
    "pm": 1e-12,
}


def with_pixel_sizes(pipeline: Pipeline, facts: Facts, form: Form) -> Pipeline:
    """Return the pipeline for a map with these facts; RequestError where they tell no sizes."""
    steps = list(pipeline.steps)
    for at, step in enumerate(steps):
        if not (isinstance(step, PyramidStep) and step[ISOTROPIC.name] is True):
            continue
        chains = Pipeline(tuple(steps[:at])).chains(form)
        if len(chains) > 1:
            raise RequestError(
                f"{step}: {ISOTROPIC.word} needs the sizes of the pixels of one map, "
                "and there are several"
            )
        before, output = facts, form
        for stage in chains[0]:
            before, output = carried(before, stage.sampling), stage.output
        steps[at] = step.with_pixel_sizes(_sizes(before, space_letters(output.layout)))
    return Pipeline(tuple(steps))


def _sizes(facts: Facts, letters: str) -> list[float]:
    """The size of a pixel along each axis, in one unit."""
    known: dict[str, PixelSize] = dict(facts.get("spacing", {}))
    if geotransform := facts.get("geotransform"):
        _, *across, _, right, down = geotransform
        known.setdefault("W", PixelSize(hypot(across[0], right)))
        known.setdefault("H", PixelSize(hypot(across[1], down)))
    lacking = [letter for letter in letters if letter not in known]
    units = {known[letter].unit for letter in letters if letter in known}
    if lacking or (len(units) > 1 and not units <= _METRES.keys()):
        why = f"no size of a pixel along {lacking[0]}" if lacking else "sizes of unlike units"
        raise RequestError(
            f"{ISOTROPIC.word} needs the sizes of pixels, and the input tells {why}: "
            "write them, such as `isotropic`=2x0.5x0.5"
        )
    return [known[each].size * _scale(known[each].unit, units) for each in letters]


def _scale(unit: str, units: set[Any]) -> float:
    return _METRES[unit] if len(units) > 1 else 1.0
