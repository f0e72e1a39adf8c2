"""A file whose maps are pooled region by region: arrays of any size in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from poolcli import io
from poolcli.resources.limits import Budget, limits
from poolcli.resources.threads import for_each
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job, RegionRecord
from poolcli.run.outcome import Outcome, StepResult
from poolcli.run.planned_regions import PlannedRegions
from poolcli.run.region_blocks import BlockMaker, PieceTask, Sources, Tally


def pool_regions(job: Job, planned: PlannedRegions) -> Outcome:
    """Pool the maps of a file region by region; with a record, go on where an earlier run ended."""
    start = time.perf_counter()
    opened = partial(io.opened, job.source, job.layout, job.member)
    is_logged = job.record is not None and bool(planned.file.format.reopen)
    writing = _begun(job, planned) if is_logged else _new(job, planned)
    with Sources(opened) as sources, writing as output:
        sink, record = output.sink, output.regions
        in_order = not planned.file.format.reopen
        maker = BlockMaker(planned.plans, sources, sink, in_order=in_order, note=record.note)
        turns = (turn for turn in range(planned.count) if turn not in record.done)
        make_all(maker, maker.tasks(turns), planned.workers, job.outputs.memory)
        planned.state.check()
        commit_point()
    seconds = time.perf_counter() - start
    return region_outcome(job, planned, maker.tally, seconds)._replace(status="done")


def preview_of(job: Job, planned: PlannedRegions) -> Outcome:
    """What `pool_regions` would do."""
    tally = Tally()
    for plan in planned.plans:
        tally.add(read=plan.need.form.nbytes, written=plan.need.planned.header.form.nbytes)
    return region_outcome(job, planned, tally, 0.0)


# Outputs -------------------------------------------------------------------------------------


class DoneRegions(NamedTuple):
    """The regions of an output that are written, and where further ones are entered."""

    mark: str = ""
    record: RegionRecord | None = None
    done: frozenset[int] = frozenset()

    def note(self, region: int) -> None:
        """Enter a region that is written."""
        if self.record is not None:
            self.record.note(self.mark, region)


class RegionOutput(NamedTuple):
    """What regions are written to, and which of them are there."""

    sink: io.Sink
    regions: DoneRegions


def file_of(job: Job, planned: PlannedRegions) -> io.SharedFile:
    """What is written."""
    file = planned.file
    options = file.format.options(dict(job.outputs.save), job.outputs.scale)
    return io.SharedFile(job.target, file.format, [each.header for each in file.results], options)


def done_regions(job: Job, planned: PlannedRegions) -> DoneRegions:
    """The regions that earlier runs wrote; what is known of an output that is gone is dropped."""
    assert job.record is not None
    mark = job.record.mark([plan.block for plan in planned.plans])
    done = job.record.done(mark)
    is_folder = planned.file.format.is_folder
    if not (done and io.is_unfinished(job.target, mark, is_folder=is_folder)):
        done = frozenset()
        job.record.note(mark, None)
    return DoneRegions(mark, job.record, done)


@contextmanager
def _begun(job: Job, planned: PlannedRegions) -> Iterator[RegionOutput]:
    """An output that stays where it is if the block fails, for the next run with the same log."""
    regions, file = done_regions(job, planned), file_of(job, planned)
    goes_on = bool(regions.done)
    shared = io.shared(job.target, file, regions.mark, goes_on=goes_on, overwrite=job.overwrite)
    with shared as partial_file, partial_file.sink() as sink:
        yield RegionOutput(sink, regions)


@contextmanager
def _new(job: Job, planned: PlannedRegions) -> Iterator[RegionOutput]:
    """An output that is written from the beginning, and removed if the block fails."""
    file = file_of(job, planned)
    written = io.written(
        job.target, file.format, file.headers, file.options, overwrite=job.overwrite
    )
    with written as sink:
        yield RegionOutput(sink, DoneRegions())


# Work ----------------------------------------------------------------------------------------


def make_all(
    maker: BlockMaker, tasks: Iterable[PieceTask], workers: int, memory: int | None
) -> None:
    """Make all pieces, with one thread of the engine for each worker."""

    def make(task: PieceTask) -> None:
        with limits(threads=1, memory=_budget(memory, workers)):
            maker.make(task)

    for_each(tasks, make, workers)


def _budget(memory: int | None, workers: int) -> Budget:
    """A worker's memory: a half of its share for arrays, and a quarter for scratch."""
    if memory is None:
        return Budget()
    half = memory // 2 // workers
    return Budget(half, arrays=half)


def region_outcome(job: Job, planned: PlannedRegions, tally: Tally, seconds: float) -> Outcome:
    """The outcome, whose times are the shares of the phases in the time that it took."""
    stages = planned.file.results[0].stages
    total = sum(tally.seconds.values()) or 1.0
    ms = {phase: 1000 * seconds * each / total for phase, each in tally.seconds.items()}
    rows = tuple(
        StepResult(str(stage.step), stage.input, stage.output, ms.get(step, 0.0))
        for step, stage in enumerate(stages)
    )
    outcome = Outcome(job.name, job.target, "planned", rows, len(planned.plans), job.targets[1:])
    return outcome._replace(
        read_ms=ms.get("read", 0.0),
        write_ms=ms.get("write", 0.0),
        dropped=planned.file.dropped,
        regions=planned.count,
        read_bytes=tally.read_bytes,
        written_bytes=tally.written_bytes,
    )
