"""Kinds of files that nothing here reads, and what to do instead."""

from __future__ import annotations

import re
from typing import NamedTuple


class _Kind(NamedTuple):
    begins: re.Pattern[bytes]
    words: str


def _kind(begins: bytes, words: str) -> _Kind:
    return _Kind(re.compile(begins, re.DOTALL), words)


_KINDS = (
    _kind(rb"%PDF", "a PDF: save its pages as .png"),
    _kind(rb".{4}ftyp(hei|hev|mif1|msf1)", "a HEIC photo, which Pillow lacks: save it as .jpg"),
    _kind(rb".{4}ftypcrx|FUJIFILM|II(RO|U\0)", "a raw photo: develop it, and save it as .tiff"),
    _kind(
        rb".{4}ftyp(?!avi[fs])|\x1aE\xdf\xa3|RIFF.{4}(AVI |WAVE)",
        "a video or a sound: save frames as .png",
    ),
    _kind(rb"\xff\x0a|\0{3}\x0cJXL ", "a JPEG XL, which Pillow lacks: save it as .png"),
    _kind(rb"\s*<", "a text such as SVG or HTML: export the picture as .png"),
    _kind(rb"\x80[\x02-\x05]", "a pickle, which may run code: save its array by numpy.save"),
    _kind(rb"MATLAB", "a MATLAB file: save its array by scipy.io.loadmat and numpy.save"),
    _kind(rb"7z\xbc\xaf|Rar!", "an archive: unpack it first"),
)


def unread_kind(head: bytes) -> str | None:
    """What a file is that begins like this, and what to do; None if that is not known.

    >>> unread_kind(b"%PDF-1.7")
    'a PDF: save its pages as .png'
    """
    return next((kind.words for kind in _KINDS if kind.begins.match(head)), None)
