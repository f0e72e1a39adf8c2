"""A file whose maps are pooled region by region: arrays of any size in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from poolcli import io
from poolcli.resources.limits import limits
from poolcli.resources.threads import for_each
from poolcli.run.budget import worker_budget
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job
from poolcli.run.job_source import opened
from poolcli.run.measured_file import measured_here
from poolcli.run.outcome import Outcome
from poolcli.run.planned_outcome import planned_outcome
from poolcli.run.planned_regions import PlannedRegions
from poolcli.run.region_blocks import BlockMaker, PieceTask, Sources, Tally
from poolcli.run.region_output import Noting, region_output, shared_file


def pool_regions(job: Job, planned: PlannedRegions) -> Outcome:
    """Pool the maps of a file region by region; with a record, go on where an earlier run ended."""
    start, tally = time.perf_counter(), Tally()
    planned = measured_here(job, planned, tally)
    reopened = partial(opened, job, job.source)
    file, cut = file_of(job, planned), [plan.block for plan in planned.plans]
    with Sources(reopened) as sources, region_output(job, file, cut) as output:
        in_order = not file.takes_any_order
        turns = (turn for turn in range(planned.regions) if turn not in output.regions.done)
        with Noting(output.regions, planned.regions, output.sync) as note:
            maker = BlockMaker(planned.plans, sources, output.sink, in_order=in_order, note=note)
            make_all(maker, maker.tasks(turns), planned.workers, job.outputs.memory)
        planned.state.check()
        commit_point()
    maker.tally.include(tally)
    seconds = time.perf_counter() - start
    return region_outcome(job, planned, maker.tally, seconds)._replace(status="done")


def preview_of(job: Job, planned: PlannedRegions) -> Outcome:
    """What `pool_regions` would do."""
    tally = Tally()
    for each in planned.passes:
        tally.add(read=each.read_bytes)
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


def region_outcome(job: Job, planned: PlannedRegions, tally: Tally, seconds: float) -> Outcome:
    """The outcome of a file that is pooled in regions."""
    stages = planned.file.results[0].stages
    outcome = planned_outcome(job, planned.file, stages, tally, seconds)
    return outcome._replace(pages=len(planned.plans), regions=planned.regions)
