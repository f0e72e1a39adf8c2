"""Global heaps of an HDF5 file: libhdf5 reads one for ever where an object in it has no size.

The layout is that of the HDF5 File Format Specification, III.E.
"""

from __future__ import annotations

from struct import unpack_from
from typing import BinaryIO

from poolcli.errors import FileError
from poolcli.io.raw_values import size_of

_SIGNATURE = b"GCOL\x01\0\0\0"
_HEAD = 16  # bytes of a heap, and of an object in it, before its contents
_LARGEST = 1 << 28  # bytes of a file that is looked through


def check_heaps(stream: BinaryIO) -> None:
    """FileError for a heap whose objects do not lead to its end. The stream is left at its start.

    Files of more than 256 MB are trusted: reading them twice would cost more than it saves.
    """
    if size_of(stream) > _LARGEST:
        return
    content = stream.read()
    stream.seek(0)
    start = content.find(_SIGNATURE)
    while start >= 0:
        if not _leads_to_its_end(content, start):
            raise FileError("a heap of the HDF5 file is damaged: save it again")
        start = content.find(_SIGNATURE, start + 1)


def _leads_to_its_end(content: bytes, start: int) -> bool:
    if start + _HEAD > len(content):
        return False
    end = start + unpack_from("<Q", content, start + 8)[0]
    if end > len(content):
        return False
    at = start + _HEAD
    while at + _HEAD <= end:
        index, _, _, size = unpack_from("<HHIQ", content, at)
        step = _HEAD + (size + 7) // 8 * 8 if index else size  # 0 is what is free
        if step < _HEAD or at + step > end:
            return False
        at += step
    return True
