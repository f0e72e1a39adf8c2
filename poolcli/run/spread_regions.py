"""One large array on several processes or machines: each does some of its regions.

Only descriptions travel: which file, which recipe, which blocks. Every worker reads what its blocks
need, and writes them into the file that this process has begun and gives its name.
"""

from __future__ import annotations

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
from poolcli.run.job import Job, Measured, RegionPart
from poolcli.run.measuring import Found, Pass, joined, measured_in_passes
from poolcli.run.outcome import Outcome
from poolcli.run.region_blocks import Tally
from poolcli.run.region_output import Noting, begun_output
from poolcli.run.region_progress import tell
from poolcli.run.shared_work import SharedWork, shared_work

_JOBS = 8  # for each worker: one that starts late, or is lost, has fewer


def spread_file(job: Job, pool: WorkerPool) -> Outcome:
    """The outcome of a job whose regions are done by the workers of a pool.

    A file that has no regions, or can be written by one process alone, is one job.
    """
    return attempt(partial(_spread, pool=pool), job, pool.spreads)


def _spread(job: Job, readable: io.Readable, pool: WorkerPool) -> Outcome:
    work = shared_work(job, readable)
    if work is None:
        return pool.submit(replace(job, record=None)).result()
    return _by_workers(job, work, pool)._replace(warning=work.warning)


def _by_workers(job: Job, work: SharedWork, pool: WorkerPool) -> Outcome:
    start, tally, saturated = time.perf_counter(), Tally(), Counter[str]()
    known = tuple(_measured(job, work, pool, tally).items())
    with begun_output(job, work.file, work.cut) as (begun, before):
        regions = work.begin(begun, before)
        every = RegionPart(begun.path.absolute(), work.shapes, (), None, known)
        with Noting(regions, work.count, begun.sync) as note:
            for phase in work.phases:
                left = [turn for turn in phase if turn not in regions.done]
                size = min(work.most, work.count // (_JOBS * work.workers))
                for part, outcome in _in_turn(_part_jobs(job, work, every, left, size), pool):
                    _add(tally, outcome)
                    saturated.update(dict(outcome.saturated))
                    for turn in part.turns:
                        note(turn, tally.read_bytes)
        work.state.check()
        commit_point()
    outcome = work.outcome(tally, time.perf_counter() - start)
    return outcome._replace(status="done", saturated=tuple(saturated.items()))


def _measured(job: Job, work: SharedWork, pool: WorkerPool, tally: Tally) -> Measured:
    """The statistics of the steps that normalise."""

    def run(each: Pass, measured: Measured) -> Found:
        shapes = tuple((plan.block, plan.piece) for plan in each.plans.values())
        every = RegionPart(job.target, shapes, (), None, tuple(measured.items()), each.stage)
        size = min(work.most, each.regions // (_JOBS * work.workers))
        jobs, done = _part_jobs(job, work, every, range(each.regions), size), 0
        found: list[Found] = []
        for part, outcome in _in_turn(jobs, pool):
            _add(tally, outcome)
            found.append(dict(outcome.measured))
            done += len(part.turns)
            tell(done, each.regions, tally.read_bytes)
        return joined(found)

    return measured_in_passes(job.record, work.passes, run)


def _part_jobs(
    job: Job, work: SharedWork, every: RegionPart, turns: Sequence[int], size: int
) -> list[Job]:
    """Jobs for so many of these tasks each; `every` says what is true of all tasks."""
    memory = job.outputs.memory
    share = None if memory is None else memory // work.workers
    plain = replace(job, format=work.file.format, record=None)
    cuts = range(0, len(turns), max(1, size))
    some = (tuple(turns[at : at + max(1, size)]) for at in cuts)
    return [replace(plain, part=every._replace(turns=each, memory=share)) for each in some]


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
            if outcome.status == "failed":
                raise FileError(outcome.reason)
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
