"""What is asked of every file alike: the pipeline, and how results are written. Small wherever it travels."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from poolcli.files import FileArray, read_array, read_arrays
from poolcli.picture.screen import Screen
from poolcli.pipeline import Pipeline

STREAM = Path("-")


@dataclass(frozen=True)
class Outputs:
    """Where the results go, and how they are written; they are shown where there is a screen.

    `memory` is what each file may take of it meanwhile.
    """

    output: str | None = None
    name: str | None = None
    to: str | None = None
    save: tuple[tuple[str, str], ...] = ()
    scale: str | None = None
    overwrite: bool = False
    skip_existing: bool = False
    indices: Path | None = None
    screen: Screen | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Order:
    """The pipeline, the outputs and the axes of arrays.

    Pickled, it is packed once, and the arrays that options name go as their paths: no pixels travel with a job.
    """

    pipeline: Pipeline
    outputs: Outputs = field(default_factory=Outputs)
    layout: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, (self._packed,)

    @cached_property
    def _packed(self) -> bytes:
        return _Packer.packed((self.pipeline, self.outputs, self.layout))[0]

    @cached_property
    def mark(self) -> str:
        """What changes when results would: by the recipe, by the options, by the files that options name."""
        from hashlib import blake2b

        _, files = _Packer.packed(self.pipeline)
        asked = self.outputs
        facts = str(self.pipeline), self.layout, asked.to, asked.save, asked.scale, [_state(path) for path in files]
        return blake2b(repr(facts).encode(errors="surrogateescape"), digest_size=16).hexdigest()


class _Packer(pickle.Pickler):
    """Takes note of the files behind arrays, and leaves their values out."""

    @classmethod
    def packed(cls, value: Any) -> tuple[bytes, list[str]]:
        stream = BytesIO()
        packer = cls(stream)
        packer.files = []
        packer.dump(value)
        return stream.getvalue(), packer.files

    files: list[str]

    def persistent_id(self, value: Any) -> tuple[str, str, bool] | None:
        if not isinstance(value, FileArray):
            return None
        path = str(Path(value.text).absolute())
        self.files.append(path)
        return path, value.text, bool(value.named)


class _Unpacker(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, str, bool]) -> FileArray:
        path, text, several = pid
        return replace((read_arrays if several else read_array)(path), text=text)


@lru_cache(4)
def _unpacked(packed: bytes) -> Order:
    return Order(*_Unpacker(BytesIO(packed)).load())


def _state(path: str) -> tuple[str, int, int]:
    told = Path(path).stat()
    return path, told.st_size, told.st_mtime_ns
