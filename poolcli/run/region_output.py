"""What regions are written to: a new file, or the one in which an earlier run has begun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from poolcli import io
from poolcli.run.job import Job, RegionRecord
from poolcli.run.region_progress import tell


class DoneRegions(NamedTuple):
    """The regions of an output that are written, and where further ones are entered."""

    mark: str = ""
    record: RegionRecord | None = None
    done: frozenset[int] = frozenset()

    def note(self, region: int) -> None:
        """Enter a region that is written."""
        if self.record is not None:
            self.record.note(self.mark, region)


class Noting:
    """Enters regions that are written, and tells who listens how many there are."""

    def __init__(self, regions: DoneRegions, total: int) -> None:
        self._regions, self._total = regions, total
        self._done = len(regions.done)
        self._lock = Lock()

    def __call__(self, region: int, read_bytes: int) -> None:
        """Enter a region; so many bytes of the input have been read so far."""
        self._regions.note(region)
        with self._lock:
            self._done += 1
            tell(self._done, self._total, read_bytes)


class RegionOutput(NamedTuple):
    """What regions are written to, and which of them are there."""

    sink: io.Sink
    regions: DoneRegions


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
    done = job.record.done(mark)
    if not (done and io.is_begun(job.target, mark, is_folder=file.format.is_folder)):
        done = frozenset()
        job.record.note(mark, None)
    return DoneRegions(mark, job.record, done)


@contextmanager
def region_output(job: Job, file: io.SharedFile, cut: object) -> Iterator[RegionOutput]:
    """The output of a job. With a log it stays if the block fails, for the next run, if it can."""
    if job.record is None or not io.can_be_shared(job.target, file.format):
        written = io.written(
            job.target, file.format, file.headers, file.options, overwrite=job.overwrite
        )
        with written as sink:
            yield RegionOutput(sink, DoneRegions())
        return
    regions = done_regions(job, file, cut)
    claim = io.Claim(regions.mark, goes_on=bool(regions.done))
    shared = io.shared(job.target, file, claim, overwrite=job.overwrite)
    with shared as begun, begun.sink() as sink:
        yield RegionOutput(sink, regions)
