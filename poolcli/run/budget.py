"""The memory budget of one file, and whether it suffices: known from the header alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from poolcli import io
from poolcli.errors import FileError
from poolcli.pipeline.pipeline import Pipeline
from poolcli.resources.limits import Budget, limits
from poolcli.resources.memory import size_words
from poolcli.run.job import STREAM, Job

_ON_DISK = ("npy", "npz")  # formats whose arrays can stay on the disk
# Copies of an image's pixels in memory at once, at most: while it is decoded, and while it is
# encoded.
_DECODING, _ENCODING = 3, 4


class MemoryNeed(NamedTuple):
    """Bytes that a file takes: `held` by images throughout, `step_bytes` by the largest step."""

    held: int
    step_bytes: int
    step: str

    @property
    def limit(self) -> int:
        """The smallest --max-memory that suffices: steps may use a half of what is not held."""
        return self.held + 2 * self.step_bytes

    def check(self, limit: int) -> None:
        """FileError if the limit is too low."""
        if self.limit > limit:
            held = f"what is read and written takes {size_words(self.held)}, " if self.held else ""
            raise FileError(
                f"{held}{self.step} takes {size_words(self.step_bytes)} at once, "
                f"and --max-memory leaves {size_words(limit)} to a file: "
                f"give at least {-(-self.limit // 10**6)}M, smaller windows, or fewer --jobs"
            )


def memory_need(pipeline: Pipeline, peek: io.Peek, target: io.Format | None) -> MemoryNeed:
    """What pooling a file takes, and writing it in a format (None: the format it has)."""
    forms = [header.form for header in peek.maps]
    plans = {form: pipeline.plan(form) for form in dict.fromkeys(forms)}
    stages = [stage for plan in plans.values() for stage in plan]
    largest = max(stages, key=lambda stage: stage.load.least)
    held = 0
    if peek.format not in _ON_DISK:
        held += _DECODING * sum(form.nbytes for form in forms)
    if (target.name if target else peek.format) not in _ON_DISK:
        held += _ENCODING * sum(plans[form][-1].output.nbytes for form in forms)
    return MemoryNeed(held, largest.load.least, str(largest.step))


def memory_for(job: Job, source: io.Readable) -> Budget:
    """A job's share of the memory; FileError if it cannot suffice."""
    limit, held = job.outputs.memory, 0
    if limit is not None:
        io.allow_pixels(limit)
        with limits(memory=Budget(limit)):
            need = memory_need(job.pipeline, io.peek(source, job.layout, job.member), job.format)
        need.check(limit)
        held = need.held
    if job.target == STREAM or io.is_device(job.target):
        return Budget(limit, held)
    return Budget(limit, held, partial(_file_beside, job.target))


def _file_beside(target: Path) -> tuple[Path, BinaryIO]:
    """A file for a large array, on the disk of the output, so that it can become the output."""
    io.make_folder(target.parent)
    return io.partial_file(target)
