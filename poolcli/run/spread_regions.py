"""One large array on several processes or machines: each does some of its regions.

Only descriptions travel: which file, which recipe, which blocks. Every worker reads what its blocks
need, and writes them into the file that this process has begun and gives its name.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from poolcli import io
from poolcli.errors import FileError
from poolcli.run.attempt import attempt
from poolcli.run.executors.worker_pool import Pending, WorkerPool
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job, RegionPart
from poolcli.run.outcome import Outcome
from poolcli.run.planned_regions import (
    PlannedRegions,
    planned_regions,
)
from poolcli.run.pool_regions import (
    file_of,
    region_outcome,
)
from poolcli.run.region_blocks import Tally
from poolcli.run.region_output import DoneRegions, Noting, can_be_shared, done_regions

_JOBS = 8  # for each worker: one that starts late, or is lost, has fewer
_MOST = 16  # blocks of a job: what is lost with a worker


def spread_file(job: Job, pool: WorkerPool) -> Outcome:
    """The outcome of a job whose regions are done by the workers of a pool.

    A file that has no regions, or can be written by one process alone, is one job.
    """
    return attempt(partial(_spread, pool=pool), job, pool.spreads)


def _spread(job: Job, readable: io.Readable, pool: WorkerPool) -> Outcome:
    with planned_regions(job, readable) as planned:
        warning = io.size_warning(planned.source) if planned else ""
    if planned is None or planned.regions == 1 or not _is_shared(job, planned):
        return pool.submit(replace(job, record=None)).result()
    return _by_workers(job, planned, pool)._replace(warning=warning)


def _is_shared(job: Job, planned: PlannedRegions) -> bool:
    return can_be_shared(job, file_of(job, planned))


def _by_workers(job: Job, planned: PlannedRegions, pool: WorkerPool) -> Outcome:
    start, tally, saturated = time.perf_counter(), Tally(), Counter[str]()
    has_record = job.record is not None
    file, cut = file_of(job, planned), [plan.block for plan in planned.plans]
    regions = done_regions(job, file, cut) if has_record else DoneRegions(os.urandom(16).hex())
    claim = io.Claim(regions.mark, goes_on=bool(regions.done), keeps=has_record)
    shared = io.shared(job.target, file, claim, overwrite=job.overwrite)
    with shared as begun:
        parts = list(_parts(job, planned, begun, regions))
        with Noting(regions, planned.regions, begun.sync) as note:
            for part, outcome in _in_turn(parts, pool):
                if outcome.status == "failed":
                    raise FileError(outcome.reason)
                _add(tally, outcome)
                saturated.update(dict(outcome.saturated))
                for turn in part.turns:
                    note(turn, tally.read_bytes)
        planned.state.check()
        commit_point()
    seconds = time.perf_counter() - start
    outcome = region_outcome(job, planned, tally, seconds)
    return outcome._replace(status="done", saturated=tuple(saturated.items()))


def _parts(
    job: Job, planned: PlannedRegions, file: io.SharedFile, regions: DoneRegions
) -> Iterator[Job]:
    """A job for some blocks at a time of those that are not done."""
    left = iter([turn for turn in range(planned.regions) if turn not in regions.done])
    size = max(1, min(_MOST, planned.regions // (_JOBS * planned.workers)))
    memory = job.outputs.memory
    shapes = tuple((plan.block, plan.piece) for plan in planned.plans)
    while turns := tuple(islice(left, size)):
        share = None if memory is None else memory // planned.workers
        part = RegionPart(file.path.absolute(), shapes, turns, share)
        yield replace(job, format=planned.file.format, record=None, part=part)


def _in_turn(jobs: Sequence[Job], pool: WorkerPool) -> Iterator[tuple[RegionPart, Outcome]]:
    """The outcomes of jobs in their order, of which a few more than there are workers wait."""
    waiting: deque[tuple[Job, Pending]] = deque()
    remaining = iter(jobs)
    try:
        while True:
            some = islice(remaining, 2 * pool.spreads + 1 - len(waiting))
            waiting.extend((each, pool.submit(each)) for each in some)
            if not waiting:
                return
            job, pending = waiting[0]
            outcome = pending.result()
            waiting.popleft()
            assert job.part is not None
            yield job.part, outcome
    finally:
        begun = [pending for _, pending in waiting if not pending.cancel()]
        for pending in begun:
            pending.result()  # what a worker writes is not removed under it


def _add(tally: Tally, outcome: Outcome) -> None:
    tally.add(read=outcome.read_bytes, written=outcome.written_bytes)
    tally.seconds["read"] += outcome.read_ms / 1000
    tally.seconds["write"] += outcome.write_ms / 1000
    for step, row in enumerate(outcome.rows):
        tally.seconds[step] += row.ms / 1000
