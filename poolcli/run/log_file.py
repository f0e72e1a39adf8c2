"""A file of lines of JSON that is only ever appended to, by one run at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from poolcli.errors import FileError, RequestError
from poolcli.io import lock, reason
from poolcli.resources.descriptors import write_all

_HEADER = {"log": "poolcli", "layout": 1}

Take = Callable[[Any], None]  # takes a record that is read


class LogFile:
    """The file of a log. Without a path it is empty; with `read_only` nothing is appended.

    A line that a killed run left unfinished is cut off when the file is opened.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self._path, self._read_only = path, read_only
        self._stream: BinaryIO | None = None

    @property
    def takes_records(self) -> bool:
        """Whether records are appended to it once it is open."""
        return self._path is not None and not self._read_only

    def open(self, take: Take) -> None:
        """Pass the records to `take`, which raises ValueError or the like for what is none."""
        try:
            if self._path is not None and not self._read_only:
                self._open(self._path, take)
            elif self._path is not None and self._path.exists():
                self._read(self._path, take)
        except FileError:
            raise
        except OSError as error:
            raise RequestError(f"--resume {self._path}: {reason(error)}") from None

    def close(self) -> None:
        """Put all records on the disk."""
        if self._stream:
            self.sync()
            self._stream.close()

    def sync(self) -> None:
        """Wait until the records are on the disk."""
        if self._stream is not None:
            os.fsync(self._stream.fileno())

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Append a line for each record; of no line a part, even on a disk that is full."""
        if self._stream is None:
            return
        end = os.fstat(self._stream.fileno()).st_size
        try:
            write_all(self._stream.fileno(), b"".join(map(_encoded, records)))
        except OSError as error:
            self._stream.truncate(end)  # what a full disk took of a line would spoil the next
            raise FileError(f"--resume {self._path}: {reason(error)}") from None

    def _open(self, path: Path, take: Take) -> None:
        with ExitStack() as stack:
            stream = stack.enter_context(path.open("a+b", buffering=0))
            self._lock(stream)
            end = self._read(path, take)
            stream.truncate(end)
            stack.pop_all()
        self._stream = stream
        if not end:
            self.append([_HEADER])

    def _lock(self, stream: BinaryIO) -> None:
        try:
            lock(stream, wait=False)
        except BlockingIOError:
            raise RequestError(
                f"--resume {self._path}: another run writes it: wait for its end"
            ) from None

    def _read(self, path: Path, take: Take) -> int:
        """Read every complete line; the length of them all in bytes."""
        end = 0
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                is_cut = not line.endswith(b"\n")
                if is_cut and (number > 1 or _encoded(_HEADER).startswith(line)):
                    break
                self._read_line(number, line, take)
                end += len(line)
        return end

    def _read_line(self, number: int, line: bytes, take: Take) -> None:
        import json

        try:
            (take if number > 1 else _check_header)(json.loads(line))
        except (ValueError, LookupError, TypeError, AttributeError):
            raise RequestError(
                f"--resume {self._path}: line {number} is not one of a log that --resume wrote: "
                "name another file"
            ) from None


def _check_header(record: Any) -> None:
    if record != _HEADER:
        raise ValueError(record)


def _encoded(record: dict[str, Any]) -> bytes:
    import json  # here, as a run without a log needs none

    return json.dumps(record).encode() + b"\n"
