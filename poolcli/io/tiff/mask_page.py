"""The page of a TIFF that says which pixels of another one count, as GDAL writes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poolcli.io.header import Header
from poolcli.io.tiff import predictor
from poolcli.io.tiff.description import kind_of
from poolcli.io.tiff.fields import LONG, numbers
from poolcli.io.tiff.page_pixels import Pixels
from poolcli.io.tiff.page_writer import PageWriter
from poolcli.io.tiff.segments import PageRegion
from poolcli.io.tiff.tags import Compression, Photometric, Tag
from poolcli.io.tiff.writer import DirectoryPlan, TiffFileWriter
from poolcli.maps.array import Array

_OF_MASK, _REDUCED = 4, 1  # values of the tag of the kind of a page


def mask_plans(file: TiffFileWriter, levels: Sequence[Header]) -> list[DirectoryPlan]:
    """Write the masks of the only map of a file and its levels, and return their directories."""
    plans = []
    for number, header in enumerate(levels):
        mask = None if kind_of("tiff", header) else header.facts.get("mask")
        if mask is not None:
            kind = _OF_MASK | _REDUCED if number else _OF_MASK
            page = _page(file, np.asarray(mask.valid, bool))
            plans.append(DirectoryPlan(page, [numbers(Tag.SUBFILE_TYPE, LONG, kind)]))
    return plans


def _page(file: TiffFileWriter, valid: Array) -> PageWriter:
    """Write a mask as a page."""
    height, width = valid.shape
    how = (valid.dtype, Photometric.MASK, (), False, Compression.DEFLATE, predictor.NONE, None)
    page = file.page(Pixels(height, width, 1, *how))
    page.write(PageRegion(0, height, 0, width), slice(0, 1), valid)
    return page
