"""The standard streams of the process: open, complete, and able to show any text."""

from __future__ import annotations

import io
import os
import sys
from typing import IO, cast

from poolcli.errors import RequestError
from poolcli.resources.descriptors import DescriptorStream


def prepare_streams() -> None:
    """Make stdin, stdout and stderr usable, whatever the process was started with.

    The null device stands in for a closed one, text that cannot be encoded is escaped, and a
    descriptor that does not block is read and written to its end.
    """
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - stays open
        elif isinstance(stream, io.TextIOWrapper):
            if name != "stdin":
                stream.reconfigure(errors="backslashreplace")
            if sys.platform != "win32" and _has_descriptor(stream):
                setattr(sys, name, _complete(stream))


def check_takes_bytes(option: str, instead: str) -> None:
    """RequestError if stdout is a terminal, which bytes would spoil, or closed."""
    if sys.stdout.isatty():
        raise RequestError(
            f"{option} would write binary to the terminal: pipe it on, or give {instead}"
        )
    if getattr(sys.stdout, "name", "") == os.devnull:  # not so where the caller named it
        raise RequestError(f"{option} has nowhere to write, as stdout is closed: give {instead}")


def _has_descriptor(stream: io.TextIOWrapper) -> bool:
    """Whether it is a stream of the process, and not one that stands in for it in memory."""
    return isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO)


def _complete(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream on a descriptor that is read and written completely."""
    raw = DescriptorStream(stream.fileno(), writes=stream.writable())
    return io.TextIOWrapper(
        _buffered(raw, stream),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _buffered(raw: DescriptorStream, former: io.TextIOWrapper) -> IO[bytes]:
    """A stream with a buffer; without one where Python was asked for none (PYTHONUNBUFFERED)."""
    if raw.readable():
        return io.BufferedReader(raw)
    unbuffered = isinstance(former.buffer, io.FileIO)
    return cast("IO[bytes]", raw) if unbuffered else io.BufferedWriter(raw)
