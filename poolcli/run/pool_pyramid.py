"""The levels of a large image in one pass: each pixel is read once, and levels are exact."""

from __future__ import annotations

import time
from functools import partial

from poolcli.resources.limits import limits
from poolcli.resources.threads import for_each
from poolcli.run.budget import worker_budget
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job
from poolcli.run.job_source import opened
from poolcli.run.outcome import Outcome
from poolcli.run.planned_pyramids import PlannedPyramids, pyramid_outcome
from poolcli.run.pool_groups import pool_groups, tasks_of
from poolcli.run.pyramid_tiles import Tile, TileMaker
from poolcli.run.region_blocks import Sources
from poolcli.run.region_output import Noting, region_output, shared_file


def pool_pyramids(job: Job, planned: PlannedPyramids) -> Outcome:
    """Write the levels of the maps of a file into one store."""
    tasks = None if job.record is None else tasks_of(job, planned)
    if tasks is not None:
        return pool_groups(job, planned, tasks)
    start = time.perf_counter()
    file = shared_file(job, planned.file.format, planned.headers)
    reopened = partial(opened, job, job.source)
    cut = [(plan.tile, [level.chunk for level in plan.levels]) for plan in planned.plans]
    total = sum(plan.blocks for plan in planned.plans)
    with Sources(reopened) as sources, region_output(job, file, cut) as output:
        done, in_order = output.regions.done, not file.takes_any_order
        with Noting(output.regions, total, output.sync) as note:
            maker = TileMaker(planned.plans, sources, output.sink, in_order=in_order, note=note)

            def make(tile: Tile) -> None:
                with limits(threads=1, memory=worker_budget(job.outputs.memory, planned.workers)):
                    maker.make(tile, done)

            for_each(maker.tiles(done), make, planned.workers)
        planned.state.check()
        commit_point()
    seconds = time.perf_counter() - start
    return pyramid_outcome(job, planned, maker.tally, seconds)._replace(status="done")
