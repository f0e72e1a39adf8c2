"""Formats that are read and not written, and what is written of them."""

from __future__ import annotations

_AS_PNG = (
    ".psd",  # Photoshop, the merged picture
    ".ico",
    ".cur",
    ".icns",
    ".dds",
    ".blp",
    ".ftc",
    ".ftu",
    ".gbr",
    ".dcx",
    ".fli",
    ".flc",
    ".im",
    ".msp",
    ".pcd",
    ".pxr",
    ".ras",
    ".xbm",
    ".xpm",
)
# By their suffixes, the suffix of what is written. An MPO is a JPEG with further pictures.
WRITTEN_AS = {**dict.fromkeys(_AS_PNG, ".png"), ".mpo": ".jpg"}
