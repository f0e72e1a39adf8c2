"""A file whose maps are pooled region by region: arrays of any size in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from poolcli import io
from poolcli.resources.limits import Budget, limits
from poolcli.resources.threads import for_each
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job
from poolcli.run.outcome import Outcome, StepResult
from poolcli.run.planned_regions import PlannedRegions
from poolcli.run.region_blocks import BlockMaker, PieceTask, Sources, Tally


def pool_regions(job: Job, planned: PlannedRegions) -> Outcome:
    """Pool the maps of a file region by region."""
    start, file = time.perf_counter(), planned.file
    headers = [each.header for each in file.results]
    options = file.format.options(dict(job.outputs.save), job.outputs.scale)
    opened = partial(io.opened, job.source, job.layout, job.member)
    writing = io.written(job.target, file.format, headers, options, overwrite=job.overwrite)
    with Sources(opened) as sources, writing as sink:
        maker = BlockMaker(planned.plans, sources, sink, in_order=not file.format.reopen)
        _make(maker, list(maker.tasks()), planned.workers, job.outputs.memory)
        planned.state.check()
        commit_point()
    seconds = time.perf_counter() - start
    return _outcome(job, planned, maker.tally, seconds)._replace(status="done")


def preview_of(job: Job, planned: PlannedRegions) -> Outcome:
    """What `pool_regions` would do."""
    tally = Tally()
    for plan in planned.plans:
        tally.add(read=plan.need.form.nbytes, written=plan.need.planned.header.form.nbytes)
    return _outcome(job, planned, tally, 0.0)


def _make(maker: BlockMaker, tasks: Sequence[PieceTask], workers: int, limit: int | None) -> None:
    """Make all pieces, with one thread of the engine for each worker."""

    def make(task: PieceTask) -> None:
        with limits(threads=1, memory=_budget(limit, workers)):
            maker.make(task)

    for_each(tasks, make, workers)


def _budget(limit: int | None, workers: int) -> Budget:
    """A worker's memory: a half of its share for arrays, and a quarter for scratch."""
    if limit is None:
        return Budget()
    half = limit // 2 // workers
    return Budget(half, arrays=half)


def _outcome(job: Job, planned: PlannedRegions, tally: Tally, seconds: float) -> Outcome:
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
