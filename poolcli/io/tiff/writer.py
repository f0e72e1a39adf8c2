"""A TIFF that is being written: segments as they come, and the directories at the end."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import SEEK_END
from threading import Lock
from typing import BinaryIO

from poolcli.io.tiff.byte_form import ByteForm
from poolcli.io.tiff.fields import LONG, LONG8, Field, Inner, numbers, packed_directory
from poolcli.io.tiff.page_pixels import Pixels
from poolcli.io.tiff.page_writer import PageWriter
from poolcli.io.tiff.tags import Tag


@dataclass
class DirectoryPlan:
    """A directory that is still to be written: its page, and its further fields.

    `levels` are smaller copies of the page, which are not among those of the file.
    """

    page: PageWriter
    fields: Sequence[Field | Inner] = ()
    levels: Sequence[DirectoryPlan] = ()


class TiffFileWriter:
    """A TIFF that is being written to a stream that can seek and is at its start."""

    def __init__(self, stream: BinaryIO, form: ByteForm, *, is_hashed: bool = False) -> None:
        self.form = form
        self._stream = stream
        self._lock = Lock()
        self._digests: dict[int, bytes] | None = {} if is_hashed else None  # by offset
        self.pages: list[PageWriter] = []
        stream.write(form.head + struct.pack(form.offset, 0))

    def page(self, pixels: Pixels) -> PageWriter:
        """A new page, behind those that there are."""
        self.pages.append(PageWriter(pixels, self.form.order, self._put))
        return self.pages[-1]

    def _put(self, packed: bytes) -> int:
        """Write a segment at the end of the file, and return its offset."""
        with self._lock:
            at = self._stream.seek(0, SEEK_END)
            self._stream.write(packed)
            if len(packed) % 2:
                self._stream.write(b"\0")
            if self._digests is not None:
                self._digests[at] = sha256(packed).digest()
            return at

    def digest(self) -> bytes:
        """A hash of all segments of a file that is hashed, whatever order they came in."""
        whole, digests = sha256(), self._digests or {}
        for page in self.pages:
            for place in page.pixels.places:
                whole.update(digests[page.segments[place][0]])
        return whole.digest()

    def finish(self, plans: Sequence[DirectoryPlan]) -> None:
        """Write the directories, and where the first one is."""
        kind = LONG8 if self.form.is_big else LONG
        for plan in plans:
            if plan.levels:
                places = [self._directory(each, is_last=True) for each in plan.levels]
                plan.fields = [*plan.fields, numbers(Tag.SUB_DIRECTORIES, kind, *places)]
        first = self._stream.seek(0, SEEK_END)
        for number, plan in enumerate(plans):
            self._directory(plan, is_last=number == len(plans) - 1)
        self._stream.seek(len(self.form.head))
        self._stream.write(struct.pack(self.form.offset, first))
        self._stream.seek(0, SEEK_END)

    def _directory(self, plan: DirectoryPlan, *, is_last: bool) -> int:
        """Write a directory at the end of the file, and return its offset."""
        at = self._stream.seek(0, SEEK_END)
        fields = [*plan.page.pixels.fields(plan.page.segments, self.form), *plan.fields]
        packed = packed_directory(fields, self.form, at, is_last=is_last)
        self._stream.write(packed + b"\0" * (len(packed) % 2))
        return at
