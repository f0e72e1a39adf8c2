"""A file whose maps are pooled region by region: arrays of any size in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from poolcli import io
from poolcli.resources.limits import Budget, limits
from poolcli.resources.threads import for_each
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job
from poolcli.run.job_source import opened
from poolcli.run.outcome import Outcome, StepResult
from poolcli.run.planned_regions import PlannedRegions
from poolcli.run.region_blocks import BlockMaker, PieceTask, Sources, Tally
from poolcli.run.region_output import Noting, region_output, shared_file


def pool_regions(job: Job, planned: PlannedRegions) -> Outcome:
    """Pool the maps of a file region by region; with a record, go on where an earlier run ended."""
    start = time.perf_counter()
    reopened = partial(opened, job, job.source)
    file, cut = file_of(job, planned), [plan.block for plan in planned.plans]
    with Sources(reopened) as sources, region_output(job, file, cut) as output:
        in_order = not file.takes_any_order
        turns = (turn for turn in range(planned.count) if turn not in output.regions.done)
        with Noting(output.regions, planned.count, output.sync) as note:
            maker = BlockMaker(planned.plans, sources, output.sink, in_order=in_order, note=note)
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


def file_of(job: Job, planned: PlannedRegions) -> io.SharedFile:
    """What is written."""
    return shared_file(job, planned.file.format, [each.header for each in planned.file.results])


# Work ----------------------------------------------------------------------------------------


def make_all(
    maker: BlockMaker, tasks: Iterable[PieceTask], workers: int, memory: int | None
) -> None:
    """Make all pieces, with one thread of the engine for each worker."""

    def make(task: PieceTask) -> None:
        with limits(threads=1, memory=worker_budget(memory, workers)):
            maker.make(task)

    for_each(tasks, make, workers)


def worker_budget(memory: int | None, workers: int) -> Budget:
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
