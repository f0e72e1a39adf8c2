"""Aperio's description of a slide: the size of a pixel, among words that repeat the size of all."""

from __future__ import annotations

import re
from math import isfinite

from poolcli.maps.facts import PixelSize

_MICRONS = re.compile(r"\|\s*MPP\s*=\s*([0-9.]+)")


def is_aperio(description: str) -> bool:
    """Whether a description is Aperio's. The pages behind its first are smaller or other pictures.

    >>> is_aperio("Aperio Image Library v11.2.1")
    True
    """
    return description.startswith("Aperio")


def sizes_of(description: str) -> dict[str, PixelSize]:
    """The size of a pixel by the letters of the axes.

    >>> sizes_of("Aperio Image Library|AppMag = 40|MPP = 0.25")["W"]
    PixelSize(size=0.25, unit='µm')
    """
    found = _MICRONS.search(description)
    try:
        size = float(found[1]) if found else 0.0
    except ValueError:
        size = 0.0
    is_size = isfinite(size) and size > 0
    return {letter: PixelSize(size, "µm") for letter in "HW"} if is_size else {}
