"""How a TIFF holds its pixels: what is written again as it was."""

from __future__ import annotations

from typing import NamedTuple

from poolcli.io.tiff.page import Page
from poolcli.io.tiff.tags import COLOURS, Compression, Extra, Photometric, Tag

NAME = "tiff"  # of its entry in the carried fact `storage`


class Stored(NamedTuple):
    """What the pages of a map have in common.

    `extra` is the meaning of each sample beyond `colours`, which are as many as the photometric
    says, or fewer in a damaged file and where inks are spot colours. `unit` is that of the
    resolution, and `description` the kind of a text that tells sizes: "imagej", "ome", "shaped",
    "aperio", or "". `lead` are the sizes of axes without a name of their own, which are one axis
    of the map.
    """

    photometric: int
    extra: tuple[int, ...] = ()
    colours: int = 1
    is_planar: bool = False
    compression: int = Compression.NONE
    predictor: int = 1
    tile: tuple[int, int] | None = None
    order: str = "<"
    is_big: bool = False
    unit: int = 2
    description: str = ""
    lead: tuple[int, ...] = ()
    palette: tuple[int, ...] = ()

    def __str__(self) -> str:
        """What it is in a few words."""
        words = [photometric_words(self.photometric)]
        if self.extra:
            words.append("with " + ", ".join(Extra(each).name.lower() for each in self.extra))
        words.append("planar" if self.is_planar else "")
        words.append("tiled" if self.tile else "")
        return " ".join(filter(None, words)).replace("_", " ")


def stored(page: Page, description: str = "", lead: tuple[int, ...] = ()) -> Stored:
    """How a page holds its pixels."""
    is_palette = page.photometric == Photometric.PALETTE
    return Stored(
        photometric=page.photometric,
        extra=extra_samples(page),
        colours=page.samples - len(extra_samples(page)),
        is_planar=page.is_planar,
        compression=page.compression,
        predictor=page.predictor,
        tile=page.segment if page.is_tiled else None,
        order=page.directory.form.order,
        is_big=page.directory.form.is_big,
        unit=min(max(page.directory.whole(Tag.RESOLUTION_UNIT, 2), 1), 3),
        description=description,
        lead=lead,
        palette=page.directory.wholes(Tag.COLOUR_MAP)[: 3 << page.bits] if is_palette else (),
    )


def extra_samples(page: Page) -> tuple[int, ...]:
    """What each sample beyond the colours is; unspecified where nothing is said."""
    count = max(0, page.samples - colours_of(page.photometric))
    known = [each if each in tuple(Extra) else Extra.UNSPECIFIED for each in page.extra_samples]
    return tuple(map(int, (known + [Extra.UNSPECIFIED] * count)[:count]))


def colours_of(photometric: int) -> int:
    """How many samples of a pixel are its colours."""
    return COLOURS.get(photometric, 1)


def photometric_words(photometric: int) -> str:
    """A photometric interpretation in words."""
    try:
        return Photometric(photometric).name.lower().replace("_", " ")
    except ValueError:
        return f"photometric {photometric}"
