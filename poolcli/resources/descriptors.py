"""Streams on file descriptors, which read and write everything, even where one does not block.

An input that comes from another process may never come: `interrupted` ends the waits for it.
"""

from __future__ import annotations

import io
import os
import select
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from poolcli.errors import FileError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Flag:
    """A truth that a signal handler may change.

    The lock of `threading.Event` is not reentrant: a signal that arrives while the handler of
    another one holds it would wait for it forever.
    """

    is_set = False


interrupted = Flag()  # while it is set, nothing more is waited for that another process sends
_LOOK = 100  # milliseconds between two looks at `interrupted`


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
            _poll(descriptor, select.POLLOUT)
    return total


class DescriptorStream(io.RawIOBase):
    """A raw stream on an open descriptor, which it never closes.

    Unlike `io.FileIO` it never returns early from a descriptor that does not block, such as the
    ends of a pipe that asyncio and Node.js give to their children.
    """

    def __init__(self, descriptor: int, *, writes: bool) -> None:
        self._descriptor, self._writes = descriptor, writes
        self._has_begun = False

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
        """Read what there is, at least a byte unless it ends.

        Raises FileError where `interrupted` is set before the first byte comes. What has begun to
        come is waited for.
        """
        while True:
            self._wait_for_data()
            with suppress(BlockingIOError):  # another reader of the same pipe was faster
                count = os.readv(self._descriptor, [buffer])
                self._has_begun = True
                return count

    def write(self, data: ReadableBuffer) -> int:
        return write_all(self._descriptor, data)

    def _wait_for_data(self) -> None:
        while not _poll(self._descriptor, select.POLLIN, _LOOK):
            if interrupted.is_set and not self._has_begun:
                raise FileError("interrupted before any of it came")


def open_pipe(path: Path) -> BinaryIO:
    """A stream of a named pipe, at once, whether or not another process writes to it yet."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    return io.BufferedReader(_OwnedStream(descriptor, writes=False))


class _OwnedStream(DescriptorStream):
    """A stream that closes its descriptor."""

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _poll(descriptor: int, event: int, milliseconds: int | None = None) -> bool:
    """Whether a descriptor can be read or written, or is closed at the other end, before long."""
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(milliseconds))
