"""Streams on file descriptors that read and write everything, even where one does not block."""

from __future__ import annotations

import io
import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


def write_all(descriptor: int, data: ReadableBuffer) -> int:
    """Write every byte, waiting where the descriptor does not block; how many there were.

    write(2) may take less than it is given: from a descriptor that does not block, near the end of
    a disk, or of more than 2 GiB. Raises OSError where it takes nothing more.
    """
    left = memoryview(data).cast("B")
    total = len(left)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            _wait(descriptor, select.POLLOUT)
    return total


class DescriptorStream(io.RawIOBase):
    """A raw stream on an open descriptor, which it never closes.

    Unlike `io.FileIO` it never returns early from a descriptor that does not block, such as the
    ends of a pipe that asyncio and Node.js give to their children.
    """

    def __init__(self, descriptor: int, *, writes: bool) -> None:
        self._descriptor, self._writes = descriptor, writes

    def readable(self) -> bool:
        return not self._writes

    def writable(self) -> bool:
        return self._writes

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def seekable(self) -> bool:
        try:
            os.lseek(self._descriptor, 0, os.SEEK_CUR)
        except OSError:
            return False
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def readinto(self, buffer: WriteableBuffer) -> int:
        while True:
            try:
                return os.readv(self._descriptor, [buffer])
            except BlockingIOError:
                _wait(self._descriptor, select.POLLIN)

    def write(self, data: ReadableBuffer) -> int:
        return write_all(self._descriptor, data)


def _wait(descriptor: int, event: int) -> None:
    """Wait until a descriptor can be read or written, or is closed at the other end."""
    poll = select.poll()
    poll.register(descriptor, event)
    poll.poll()
