"""Some regions of a large array, made by one of several workers that write it."""

from __future__ import annotations

import time
from functools import partial

from poolcli import io
from poolcli.maps.saturation import counting_saturated
from poolcli.resources.limits import limits
from poolcli.run.file_plan import FilePlan, plan_file
from poolcli.run.input_state import InputState
from poolcli.run.job import Job, RegionPart
from poolcli.run.job_source import opened
from poolcli.run.measured_file import measure_all
from poolcli.run.measuring import Measurer, known, pass_of
from poolcli.run.outcome import Outcome
from poolcli.run.planned_outcome import planned_outcome
from poolcli.run.planned_regions import PlannedRegions, needs_of
from poolcli.run.pool_groups import pool_group_part
from poolcli.run.pool_regions import file_of, make_all, region_outcome
from poolcli.run.region_blocks import BlockMaker, Sources, Tally
from poolcli.run.region_plan import RegionPlan


def pool_part(job: Job, readable: io.Readable) -> Outcome:
    """Make the regions that a job names, and write them into the file of the coordinator."""
    if job.pipeline.several:
        return pool_group_part(job, readable)
    part, start = job.part, time.perf_counter()
    assert part is not None
    with opened(job, readable) as source:
        file = known(plan_file(job, source), dict(part.measured))
        if part.measures is not None:
            return _measured(job, part, file)
        needs = needs_of(job, file)
        assert needs is not None, "the coordinator has planned them"
        plans = tuple(
            RegionPlan(need, block, piece, 0)
            for need, (block, piece) in zip(needs, part.shapes, strict=True)
        )
        planned = PlannedRegions(file, plans, 1, source, InputState.of(readable))
    reopened = partial(opened, job, job.source)
    shared = file_of(job, planned)._replace(path=part.path)
    with limits(threads=1), Sources(reopened) as sources, shared.sink() as sink:
        maker = BlockMaker(plans, sources, sink, in_order=False)
        with counting_saturated() as saturated:
            make_all(maker, maker.tasks(part.turns), 1, part.memory)
    outcome = region_outcome(job, planned, maker.tally, time.perf_counter() - start)
    return outcome._replace(
        status="done", regions=len(part.turns), saturated=tuple(saturated.items())
    )


def _measured(job: Job, part: RegionPart, file: FilePlan) -> Outcome:
    """Measure the regions that a job names."""
    assert part.measures is not None
    measures = pass_of(file.results, part.measures, [piece for _, piece in part.shapes])
    start, tally = time.perf_counter(), Tally()
    with limits(threads=1), Sources(partial(opened, job, job.source)) as sources:
        measurer = Measurer(measures, sources, tally)
        measure_all(measurer, part.turns, 1, part.memory)
    stages = file.results[0].stages
    outcome = planned_outcome(job, file, stages, tally, time.perf_counter() - start)
    return outcome._replace(status="done", measured=tuple(measurer.found.items()))
