"""The memory budget of one file, and whether it suffices: known from the header alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import BinaryIO, NamedTuple

from poolcli import io
from poolcli.errors import FileError
from poolcli.maps.feature_map import Form
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.pixel_sizes import with_pixel_sizes
from poolcli.pipeline.step import Stage
from poolcli.resources.limits import Budget, limits
from poolcli.resources.memory import size_words
from poolcli.run.job import STREAM, Job
from poolcli.run.job_source import peek
from poolcli.run.labels import for_labels, is_label

_ON_DISK = ("npy", "npz")  # formats whose arrays can stay on the disk
_PLAIN = ("1", "L", "P", "PA")  # modes whose pixels no codec turns into colours on its way


class MemoryNeed(NamedTuple):
    """Bytes that a file takes: `held` by images throughout, `step_bytes` by the largest step.

    A step's are those of its scratch, and as many of arrays: see `Budget`.
    """

    held: int
    step_bytes: int
    step: str

    @property
    def limit(self) -> int:
        """The smallest --max-memory that suffices."""
        return self.held + self.step_bytes

    def check(self, limit: int) -> None:
        """FileError if the limit is too low."""
        if self.limit > limit:
            held = f"what is read and written takes {size_words(self.held)}, " if self.held else ""
            raise FileError(
                f"{held}{self.step} takes {size_words(self.step_bytes)} at once, "
                f"and --max-memory leaves {size_words(limit)} to a file: "
                f"give at least {rounded_up(self.limit)}, smaller windows, or fewer jobs"
            )


def worker_budget(memory: int | None, workers: int) -> Budget:
    """A worker's memory: a half of its share for arrays, and a quarter for scratch."""
    if memory is None:
        return Budget()
    half = memory // 2 // workers
    return Budget(half, arrays=half)


def rounded_up(nbytes: int) -> str:
    """A size for --max-memory that is not below this many bytes.

    >>> rounded_up(355_600), rounded_up(16_200_000)
    ('356K', '17M')
    """
    unit, name = (10**6, "M") if nbytes >= 10**6 else (10**3, "K")
    return f"{-(-nbytes // unit)}{name}"


def memory_need(pipeline: Pipeline, peek: io.Peek, target: io.Format | None) -> MemoryNeed:
    """What pooling a file takes, and writing it in a format (None: the format it has)."""
    forms = [header.form for header in peek.maps]
    like = [(header.form, is_label(header.facts)) for header in peek.maps]
    each = dict(zip(like, peek.maps, strict=True))
    made = {key: _chains(pipeline, header) for key, header in each.items()}
    chains = [made[key] for key in like]
    stages = [stage for results in made.values() for chain in results for stage in chain]
    largest = max(stages, key=lambda stage: stage.load.least)
    source = io.format_read_as(peek.format)
    target = target or source
    held = sum(_expanded(form, first) for form, (first, *_) in zip(forms, chains, strict=True))
    if source.name not in _ON_DISK:
        held += _codec_bytes(forms, source, source.reading)
    if target.name not in _ON_DISK:
        outputs = [chain[-1].output for results in chains for chain in results]
        outputs += forms if target.holds_levels and pipeline.several else []
        frames = target.writing_frames if len(forms) > 1 else None
        held += _codec_bytes(outputs, target, frames or target.writing)
    return MemoryNeed(held, 2 * largest.load.least, str(largest.step))


def _chains(pipeline: Pipeline, header: io.Header) -> list[tuple[Stage, ...]]:
    """The stages of each result of a map."""
    pipeline = for_labels(pipeline) if is_label(header.facts) else pipeline
    return with_pixel_sizes(pipeline, header.facts, header.form).chains(header.form)


def _codec_bytes(forms: Sequence[Form], record: io.Format, memory: io.CodecMemory) -> int:
    return memory.of(
        sum(form.nbytes for form in forms), max(_codec_pixels(form, record) for form in forms)
    )


def _codec_pixels(form: Form, record: io.Format) -> int:
    is_as_stored = form.mode in _PLAIN and form.mode in record.modes
    return 0 if is_as_stored else prod(form.space) * (form.frame.batch or 1)


def _expanded(form: Form, stages: Sequence[Stage]) -> int:
    """Bytes of the colours that a palette is expanded to."""
    first = stages[0].input
    return first.nbytes if first.mode != form.mode else 0


def memory_for(job: Job, source: io.Readable) -> Budget:
    """A job's share of the memory; FileError if it cannot suffice."""
    limit, held = job.outputs.memory, 0
    if limit is not None:
        io.allow_pixels(limit)
        with limits(memory=Budget(limit)):
            need = memory_need(job.pipeline, peek(job, source), job.format)
        need.check(limit)
        held = need.held
    if job.target == STREAM or io.is_device(job.target):
        return Budget(limit, held)
    target = job.target
    if isinstance(target, io.Address):  # the file of large arrays is sent there at the end
        from tempfile import gettempdir  # here, as it imports random and shutil

        target = Path(gettempdir(), target.name)
    return Budget(limit, held, partial(_file_beside, target))


def _file_beside(target: Path) -> tuple[Path, BinaryIO]:
    """A file for a large array, on the disk of the output, so that it can become the output."""
    io.make_folder(target.parent)
    return io.partial_file(target)
