"""How the columns of tables are set, by their names."""

from __future__ import annotations

from collections.abc import Sequence

TableRows = Sequence[Sequence[str]]

MEASURES = frozenset(
    {"PSNR dB", "SSIM", "aliased %", "shift change %", "cells that differ", "max |Δ|", "first at"}
)
RIGHT_ALIGNED = MEASURES | {
    "ms",
    "ratio",
    "MP/s",
    "read ms",
    "pool ms",
    "write ms",
    "receptive",
    "jump",
    "centre",
    "operations",
    "memory",
    "bands",
    "at once",
    "overlap",
    "outside",
    "unseen",
}
