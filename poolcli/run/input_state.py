"""Whether a file changes while it is read."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Self

from poolcli import io
from poolcli.errors import FileError


class InputState(NamedTuple):
    """A file and what it was like: its size and the time of its last change.

    A stream changes as it is read, and has no state, nor has a folder.
    """

    readable: io.Readable
    state: tuple[int, int] | None

    @classmethod
    def of(cls, readable: io.Readable) -> Self:
        """The state of an input as it is now."""
        return cls(readable, _state(readable))

    def check(self) -> None:
        """FileError if the file has changed since."""
        if _state(self.readable) != self.state:
            raise FileError("it changed while it was read: pool it once it is complete")


def _state(readable: io.Readable) -> tuple[int, int] | None:
    if not isinstance(readable, Path) or not readable.is_file():
        return None
    state = readable.stat()
    return state.st_size, state.st_mtime_ns
