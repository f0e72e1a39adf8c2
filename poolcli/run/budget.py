"""Whether a file can be pooled within a limit of memory: known from its header, before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from poolcli import io
from poolcli.errors import FileError
from poolcli.pipeline.pipeline import Pipeline
from poolcli.resources.memory import Memory, size_words, use
from poolcli.run.order import STREAM, Job

_ON_DISK = ("npy", "npz")  # formats whose arrays need not be in memory
_READ, _WRITTEN = (
    3,
    4,
)  # times that an image is in memory while it is decoded, and while it is encoded


class Need(NamedTuple):
    """Bytes of memory: `held` by images from begin to end, `least` at once by the step that takes the most."""

    held: int
    least: int
    step: str

    @property
    def limit(self) -> int:
        """The least that --max-memory can be: a half is worked with."""
        return self.held + 2 * self.least

    def check(self, limit: int) -> None:
        """FileError where the limit is too low."""
        if self.limit > limit:
            images = (
                f"what is read and written takes {size_words(self.held)}, " if self.held else ""
            )
            raise FileError(
                f"{images}{self.step} takes {size_words(self.least)} at once, and --max-memory leaves "
                f"{size_words(limit)} to a file: give at least {-(-self.limit // 10**6)}M, "
                "smaller windows, or fewer --jobs"
            )


def need_of(pipeline: Pipeline, peek: io.Peek, format: io.Format | None) -> Need:  # noqa: A002 the word its users know
    """What pooling the maps of a file takes, and writing the results in a format (None: the one it has)."""
    forms = [header.form for header in peek.maps]
    plans = {form: pipeline.plan(form) for form in dict.fromkeys(forms)}
    hungry = max(
        (stage for plan in plans.values() for stage in plan), key=lambda stage: stage.load.least
    )
    held = 0 if peek.format in _ON_DISK else _READ * sum(form.nbytes for form in forms)
    if (format.name if format else peek.format) not in _ON_DISK:
        held += _WRITTEN * sum(plans[form][-1].output.nbytes for form in forms)
    return Need(held, hungry.load.least, str(hungry.step))


@contextmanager
def within(job: Job, source: io.Source) -> Iterator[None]:
    """The block in which a job has its share of memory; FileError where that cannot be enough."""
    limit, held = job.outputs.memory, 0
    if limit is not None:
        io.trust(limit)
        with use(Memory(limit)):
            need = need_of(job.pipeline, io.peek(source, job.layout), job.format)
        need.check(limit)
        held = need.held
    is_new = job.target != STREAM and not io.is_device(job.target)
    with use(Memory(limit, held, partial(_beside, job.target)) if is_new else Memory(limit, held)):
        yield


def _beside(target: Path) -> tuple[Path, BinaryIO]:
    io.make_folder(target.parent)
    return io.new_part(target)
