"""Comments in the header of a PBM, PGM or PPM (Netpbm, "ppm")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from poolcli.io.pillow.further_blocks import Names, behind

_HEAD = 1 << 20  # bytes that hold a header
_PARTS = re.compile(rb"\s*(?:#([^\r\n]*)[\r\n]|(\d+))")
_SAMPLES = {b"P4": 1, b"P5": 1, b"P6": 3}  # of a pixel, where they are stored as bytes
_BITS = (b"P1", b"P4")  # without a highest value


def ppm_facts(stream: BinaryIO) -> dict[str, Any]:
    """The comments, a line for each."""
    lines = (part[1].removeprefix(b" ") for part in _parts(stream) if part[1] is not None)
    text = b"\n".join(lines).decode("utf-8", "surrogateescape")
    return {"comment": text} if text else {}


def of_ppm(stream: BinaryIO) -> Names:
    """A name for what is behind the pixels: Netpbm allows further pictures there."""
    parts = list(_parts(stream))
    width, height, *limit = (int(part[2]) for part in parts if part[2] is not None)
    stream.seek(0)
    kind = stream.read(2)
    if kind in _SAMPLES:
        samples = width * _SAMPLES[kind] * (2 if limit and limit[0] > 255 else 1)
        row = (width + 7) // 8 if kind in _BITS else samples
        yield from behind(stream, parts[-1].end() + 1 + row * height)


def _parts(stream: BinaryIO) -> Iterator[re.Match[bytes]]:
    """The comments (group 1) and the numbers (group 2) of the header."""
    stream.seek(0)
    head = stream.read(_HEAD)
    at, left = 2, 2 if head[:2] in _BITS else 3
    while left and (found := _PARTS.match(head, at)):
        at, left = found.end(), left - (found[2] is not None)
        yield found


def with_comment(file: bytes, facts: Mapping[str, Any]) -> bytes:
    """The file with a comment behind its magic number."""
    if "comment" not in facts:
        return file
    raw = facts["comment"].encode("utf-8", "surrogateescape")
    lines = b"".join(b"# " + line + b"\n" for line in re.split(rb"[\r\n]", raw))
    return file[:3] + lines + file[3:]
