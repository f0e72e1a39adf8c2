"""The page of a TIFF that says which pixels of another one count, as GDAL writes it."""

from __future__ import annotations

import numpy as np

from poolcli.io.header import Header
from poolcli.io.tiff import predictor
from poolcli.io.tiff.description import kind_of
from poolcli.io.tiff.fields import LONG, numbers
from poolcli.io.tiff.page_pixels import Pixels
from poolcli.io.tiff.segments import Window
from poolcli.io.tiff.tags import Compression, Photometric, Tag
from poolcli.io.tiff.writer import DirectoryPlan, TiffFileWriter

_OF_MASK = 4  # a value of the tag of the kind of a page


def mask_plans(file: TiffFileWriter, header: Header, *, alone: bool) -> list[DirectoryPlan]:
    """Write the mask of the only map of a file, and return its directory; none without one."""
    mask = header.facts.get("mask") if alone and not kind_of("tiff", header) else None
    if mask is None:
        return []
    valid = np.asarray(mask.valid, bool)
    height, width = valid.shape
    how = (valid.dtype, Photometric.MASK, (), False, Compression.DEFLATE, predictor.NONE, None)
    page = file.page(Pixels(height, width, 1, *how))
    page.write(Window(0, height, 0, width), slice(0, 1), valid)
    return [DirectoryPlan(page, [numbers(Tag.SUBFILE_TYPE, LONG, _OF_MASK)])]
