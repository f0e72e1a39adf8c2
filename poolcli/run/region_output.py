"""What regions are written to: a new file, or the one in which an earlier run has begun."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from threading import Lock
from typing import NamedTuple

from poolcli import io
from poolcli.errors import FileError
from poolcli.run.job import Job, RegionRecord
from poolcli.run.region_progress import tell

_PAUSE = 1.0  # seconds between two times at which regions are entered, at least
_SHARE = 10  # times as long as putting them on the disk took


class DoneRegions(NamedTuple):
    """The regions of an output that are written, and where further ones are entered."""

    mark: str = ""
    record: RegionRecord | None = None
    done: frozenset[int] = frozenset()

    def note(self, region: int) -> None:
        """Enter a region that is written."""
        if self.record is not None:
            self.record.note(self.mark, region)

    def forgotten(self) -> DoneRegions:
        """The same without any region: what was written of them is gone."""
        if self.record is not None:
            self.record.note(self.mark, None)
        return self._replace(done=frozenset())


class RegionOutput(NamedTuple):
    """What regions are written to, which of them are there, and how they are put on the disk."""

    sink: io.Sink
    regions: DoneRegions
    sync: Callable[[], object] = lambda: None


class Noting:
    """Enters regions that are written, and tells who listens how many there are.

    A region is on the disk before its entry is made: a power failure could leave the entry alone.
    Those that are written within a second or so are put there together, so that little of the time
    goes into it: a run that is killed does them again.
    """

    def __init__(self, regions: DoneRegions, total: int, sync: Callable[[], object]) -> None:
        self._regions, self._total, self._sync = regions, total, sync
        self._done = len(regions.done)
        self._written: list[int] = []
        self._due = 0.0  # the time from which the next may be entered
        self._lock = Lock()

    def __enter__(self) -> Noting:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(OSError, FileError) if kind else nullcontext():
            self._enter()

    def __call__(self, region: int, read_bytes: int) -> None:
        """Take a region that is written; so many bytes of the input have been read so far."""
        with self._lock:
            self._done += 1
            self._written.append(region)
            is_due = time.monotonic() >= self._due
            if is_due:
                self._due = math.inf  # for other threads, until this one has entered them
            tell(self._done, self._total, read_bytes)
        if is_due:
            self._enter()

    def _enter(self) -> None:
        with self._lock:
            regions, self._written = self._written, []
        if not regions or self._regions.record is None:
            return
        start = time.monotonic()
        self._sync()
        for region in regions:
            self._regions.note(region)
        end = time.monotonic()
        self._due = end + max(_PAUSE, _SHARE * (end - start))


def shared_file(job: Job, format: io.Format, headers: Sequence[io.Header]) -> io.SharedFile:  # noqa: A002
    """The output of a job with these maps."""
    options = format.options(dict(job.outputs.save), job.outputs.scale)
    return io.SharedFile(job.target, format, headers, options)


def done_regions(job: Job, file: io.SharedFile, cut: object) -> DoneRegions:
    """The regions that earlier runs wrote; what is known of an output that is gone is dropped.

    `cut` says how the output is cut into regions: those of another cut are others.
    """
    assert job.record is not None
    mark = job.record.mark(cut)
    regions = DoneRegions(mark, job.record, job.record.done(mark))
    if regions.done and io.is_begun(job.target, mark, is_folder=file.format.is_folder):
        return regions
    return regions.forgotten()


def can_be_shared(job: Job, file: io.SharedFile) -> bool:
    """Whether several can write the output of a job, one after another or at once."""
    return io.can_be_shared(job.target, file.format, file.headers, file.options)


@contextmanager
def region_output(job: Job, file: io.SharedFile, cut: object) -> Iterator[RegionOutput]:
    """The output of a job. With a log it stays if the block fails, for the next run, if it can."""
    if job.record is None or not can_be_shared(job, file):
        written = io.written(
            job.target, file.format, file.headers, file.options, overwrite=job.overwrite
        )
        with written as sink:
            yield RegionOutput(sink, DoneRegions())
        return
    with begun_output(job, file, cut) as (begun, regions), begun.sink() as sink:
        yield RegionOutput(sink, regions, begun.sync)


@contextmanager
def begun_output(
    job: Job, file: io.SharedFile, cut: object
) -> Iterator[tuple[io.SharedFile, DoneRegions]]:
    """The output of a job for several that write it, and the regions that earlier runs wrote.

    With a log it stays if the block fails, for the next run.
    """
    has_record = job.record is not None
    regions = done_regions(job, file, cut) if has_record else DoneRegions(os.urandom(16).hex())
    claim = io.Claim(regions.mark, goes_on=bool(regions.done), keeps=has_record)
    with io.shared(job.target, file, claim, overwrite=job.overwrite) as begun:
        yield begun, regions
