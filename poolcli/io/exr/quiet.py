"""Keep OpenEXR from printing: it writes what is wrong with a file to stdout and to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Lock, get_ident
from typing import Any

_STREAMS = Lock()  # both streams belong to the process
if hasattr(os, "register_at_fork"):  # another thread may hold it while this one forks
    os.register_at_fork(after_in_child=_STREAMS._at_fork_reinit)  # type: ignore[attr-defined]
_MARK = b"EXR_ERR_"  # in each line that the library writes to stderr


class _OfOtherThreads:
    """A stream that takes what other threads write, and leaves out what this one does."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._thread = stream, get_ident()

    def write(self, text: str) -> int:
        return len(text) if get_ident() == self._thread else int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out what the library prints in this block; what others print comes out."""
    with _STREAMS, TemporaryFile() as printed:
        stdout, stderr = sys.stdout, os.dup(2)
        try:
            sys.stdout = _OfOtherThreads(stdout)
            os.dup2(printed.fileno(), 2)
            yield
        finally:
            sys.stdout = stdout
            os.dup2(stderr, 2)
            printed.seek(0)
            os.write(stderr, b"".join(line for line in printed if _MARK not in line))
            os.close(stderr)
