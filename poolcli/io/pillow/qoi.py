"""The colour space that a QOI names, which says nothing of its pixels (qoiformat.org)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

_PLACE, _NAMES = 13, ("sRGB", "linear")  # of the byte, and what its values mean


def qoi_facts(stream: BinaryIO) -> dict[str, Any]:
    """The colour space, to be written again."""
    stream.seek(_PLACE)
    (number,) = stream.read(1) or b"\0"
    return {"storage": {"qoi": _NAMES[min(number, 1)]}}


def with_colour_space(file: bytes, facts: Mapping[str, Any]) -> bytes:
    """The file with the colour space that was read, else sRGB."""
    number = _NAMES.index(facts.get("storage", {}).get("qoi", _NAMES[0]))
    return file[:_PLACE] + bytes([number]) + file[_PLACE + 1 :]
