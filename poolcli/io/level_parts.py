"""Parts of the levels of a store, put aside while it is being written.

A level whose chunks are larger than what one worker makes is collected in an array of smaller
chunks: a part each. They lie in the folder of what is unfinished, and go with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from poolcli.io.address import Address
from poolcli.io.atomic_write import remove_folder
from poolcli.io.formats import format_named
from poolcli.io.header import Header
from poolcli.io.server_file import file_system
from poolcli.io.sink import ReadableSink
from poolcli.io.store_folder import UNFINISHED, is_zarr
from poolcli.io.writing import SharedFile

_NAME = "levels"


class LevelParts(NamedTuple):
    """A store of parts."""

    file: SharedFile

    @property
    def is_begun(self) -> bool:
        """Whether an earlier run has begun it."""
        return all(is_zarr(self.file.path / each.name) for each in self.file.headers)

    def begin(self) -> None:
        """Create its arrays, without values; what is left of an earlier one is removed."""
        path = self.file.path
        if not isinstance(path, Address):
            remove_folder(path)
        elif path.is_dir():
            system, name = file_system(path.url)
            system.rm(name, recursive=True)
        self.file.format.open_sink(self.file.path, self.file.headers, self.file.options)

    def sink(self) -> AbstractContextManager[ReadableSink]:
        """A sink that takes parts, and gives back what it took."""
        opened: AbstractContextManager[Any] = self.file.sink()
        return opened


def level_parts(folder: Path, levels: Sequence[tuple[Header, tuple[int, ...]]]) -> LevelParts:
    """The parts of levels in a folder that is being written: a header, and the shape of a part."""
    headers = [
        Header(
            f"level{number}",
            header.shape,
            header.dtype,
            header.layout,
            None,
            {
                "dimensions": {letter: letter for letter in header.layout},
                "chunks": dict(zip(header.layout, part, strict=True)),
            },
        )
        for number, (header, part) in enumerate(levels)
    ]
    path = folder / UNFINISHED / _NAME
    return LevelParts(SharedFile(path, format_named("zarr"), headers, {"version": "0.5"}))
