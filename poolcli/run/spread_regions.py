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
from poolcli.run.job import Job, RegionPart
from poolcli.run.outcome import Outcome
from poolcli.run.region_blocks import Tally
from poolcli.run.region_output import Noting, begun_output
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
    with begun_output(job, work.file, work.cut) as (begun, before):
        regions = work.begin(begun, before)
        with Noting(regions, work.count, begun.sync) as note:
            for phase in work.phases:
                left = [turn for turn in phase if turn not in regions.done]
                for part, outcome in _in_turn(list(_parts(job, work, begun, left)), pool):
                    if outcome.status == "failed":
                        raise FileError(outcome.reason)
                    _add(tally, outcome)
                    saturated.update(dict(outcome.saturated))
                    for turn in part.turns:
                        note(turn, tally.read_bytes)
        work.state.check()
        commit_point()
    outcome = work.outcome(tally, time.perf_counter() - start)
    return outcome._replace(status="done", saturated=tuple(saturated.items()))


def _parts(job: Job, work: SharedWork, file: io.SharedFile, turns: Sequence[int]) -> Iterator[Job]:
    """A job for some of these tasks at a time."""
    left = iter(turns)
    size = max(1, min(work.most, work.count // (_JOBS * work.workers)))
    memory = job.outputs.memory
    share = None if memory is None else memory // work.workers
    while some := tuple(islice(left, size)):
        part = RegionPart(file.path.absolute(), work.shapes, some, share)
        yield replace(job, format=file.format, record=None, part=part)


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
