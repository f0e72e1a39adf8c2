"""What the pixels of an image mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.maps.array import Array

COLOURS = ("RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "RGB;16", "RGBA;16")
WITH_ALPHA = ("LA", "RGBA", "LA;16", "RGBA;16", "NDA")


class Picture(NamedTuple):
    """What the pixels of an image mean.

    `mode` is Pillow's mode of the pixels:

    ====================  =======  ======  ==========================================
    mode                  dtype    layout  notes
    ====================  =======  ======  ==========================================
    1                     bool     HW
    L, P                  uint8    HW      P: indices into `palette`
    LA, RGB, RGBA, CMYK   uint8    HWC     alpha, where there is one, is the last channel
    YCbCr, LAB, HSV       uint8    HWC     LAB: a* and b* are counted from 128
    I;16                  uint16   HW
    I                     int32    HW
    F                     float32  HW
    LA;16                 uint16   HWC     not Pillow's: 16 bits a sample
    RGB;16, RGBA;16       uint16   HWC     not Pillow's: 16 bits a sample
    ND                    any      any     not Pillow's: a stack with named axes, or any samples
    NDA                   any      any     the same, of which the last sample is alpha
    ====================  =======  ======  ==========================================

    `palette` is RGB triples, `palette_alpha` a byte for each entry (None: all opaque).
    """

    mode: str
    palette: bytes | None = None
    palette_alpha: bytes | None = None

    @property
    def has_alpha(self) -> bool:
        return self.mode in WITH_ALPHA

    def colours(self) -> Array:
        """The palette as 256 rows of RGB; of RGBA if entries may be transparent."""
        table = np.zeros((256, 3), np.uint8)
        entries = np.frombuffer(self.palette or b"", np.uint8).reshape(-1, 3)[:256]
        table[: len(entries)] = entries
        if self.palette_alpha is None:
            return table
        alpha = np.full((256, 1), 255, np.uint8)
        alpha[: len(self.palette_alpha), 0] = np.frombuffer(self.palette_alpha, np.uint8)[:256]
        return np.concatenate([table, alpha], axis=1)
