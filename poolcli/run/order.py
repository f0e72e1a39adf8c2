"""What is asked of every file alike, and of each. Small, wherever it travels."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from poolcli.io import Format
from poolcli.pipeline.files import FileArray, read_array, read_arrays
from poolcli.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from poolcli.analysis.picture.screen import Screen

STREAM = Path("-")


class Outputs(NamedTuple):
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
        facts = (
            str(self.pipeline),
            self.layout,
            asked.to,
            asked.save,
            asked.scale,
            [_state(path) for path in files],
        )
        return blake2b(repr(facts).encode(errors="surrogateescape"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Job:
    """One input and where its result goes; `format` is None where the content decides.

    `more` are the files of the second map and the others, where a pipeline gives several and each goes to its own.
    What is there may be replaced if `overwrite`; no other input is there if `alone`; `place` counts arrays of a stream.
    """

    source: Path
    target: Path
    format: Format | None
    order: Order
    more: tuple[Path, ...] = ()
    overwrite: bool = False
    alone: bool = False
    place: int = 0

    @property
    def pipeline(self) -> Pipeline:
        return self.order.pipeline

    @property
    def outputs(self) -> Outputs:
        return self.order.outputs

    @property
    def layout(self) -> str | None:
        return self.order.layout

    @property
    def targets(self) -> tuple[Path, ...]:
        """Every file that its maps go to."""
        return self.target, *self.more

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that it writes."""
        indices = self.outputs.indices
        return tuple(
            path for path in (*self.targets, indices) if path is not None and path != STREAM
        )

    @property
    def streams(self) -> bool:
        """Whether it reads stdin or writes stdout, and belongs to this process."""
        return STREAM in (self.source, self.target)

    def absolute(self) -> Job:
        """The same for a process that runs in another folder."""
        order, indices = self.order, self.outputs.indices
        if indices is not None:
            order = replace(order, outputs=self.outputs._replace(indices=indices.absolute()))
        target, *more = (path.absolute() for path in self.targets)
        return replace(
            self, source=self.source.absolute(), target=target, more=tuple(more), order=order
        )


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
