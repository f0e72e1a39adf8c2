"""Pickles in which arrays that were read from files are replaced by the paths of these files."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from poolcli.io.load import load_arrays
from poolcli.pipeline.arrays import ArrayFile
from poolcli.pipeline.parser import Parser


class Packed(NamedTuple):
    """A pickle, and the absolute paths of the files that it refers to."""

    data: bytes
    files: tuple[str, ...]


def pack(value: Any) -> Packed:
    """Pickle a value without the contents of its `ArrayFile`s."""
    stream = BytesIO()
    pickler = _Pickler(stream)
    pickler.dump(value)
    return Packed(stream.getvalue(), tuple(pickler.files))


@lru_cache(4)  # the jobs that a worker gets share their settings
def unpack(data: bytes) -> Any:
    """The value of a pickle made by `pack`; its files are read again."""
    return _Unpickler(BytesIO(data)).load()


class _Pickler(pickle.Pickler):
    def __init__(self, stream: BytesIO) -> None:
        super().__init__(stream)
        self.files: list[str] = []

    def persistent_id(self, value: Any) -> tuple[str, str, str] | None:
        if not isinstance(value, ArrayFile) or not value.kind:
            return None
        path = str(Path(value.text).absolute())
        self.files.append(path)
        return path, value.text, value.kind


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, str, str]) -> ArrayFile:
        path, text, kind = pid
        return replace(Parser(load_arrays).array(kind, path), text=text)
