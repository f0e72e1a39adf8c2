"""Which files have levels that are made in one pass, and how: known from their headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from poolcli import io
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.pixel_sizes import with_pixel_sizes
from poolcli.resources.limits import current
from poolcli.run.file_plan import (
    FilePlan,
    PlannedMap,
    finest_level,
    keeps_original,
    plan_file,
    results_of,
)
from poolcli.run.input_state import InputState
from poolcli.run.job import Job
from poolcli.run.large_file import is_large_file
from poolcli.run.outcome import Outcome
from poolcli.run.planned_outcome import planned_outcome
from poolcli.run.planned_regions import USUAL, opened_large
from poolcli.run.pyramid_plan import Level, PyramidPlan, pyramid_plan
from poolcli.run.region_blocks import Tally


class PlannedPyramids(NamedTuple):
    """The plan of a file, those of the levels of its maps, and how many workers there are."""

    file: FilePlan
    plans: tuple[PyramidPlan, ...]
    workers: int
    source: io.Source
    state: InputState

    @property
    def regions(self) -> int:
        """How many tiles are read."""
        return sum(plan.count for plan in self.plans)

    @property
    def headers(self) -> list[io.Header]:
        """What is written: the levels of all maps."""
        return [level.header for plan in self.plans for level in plan.levels]


@contextmanager
def planned_pyramids(job: Job, readable: io.Readable) -> Iterator[PlannedPyramids | None]:
    """The plan of a file whose levels are made in one pass; None for any other."""
    if len(job.pipeline.steps) > 1 or not (job.pipeline.several and is_large_file(job, readable)):
        yield None
        return
    with opened_large(job, readable) as source:
        yield None if source is None else _planned(job, source, InputState.of(readable))


def _planned(job: Job, source: io.Source, state: InputState) -> PlannedPyramids | None:
    file = plan_file(job, source)
    if not keeps_original(job, file.format):
        return None
    levels, limit = levels_of_file(job, file), job.outputs.memory
    for workers in range(current().threads, 0, -1):
        share = USUAL if limit is None else limit // 2 // workers
        plans = [pyramid_plan(each, share) if each else None for each in levels]
        found = tuple(plan for plan in plans if plan is not None)
        if len(found) == len(plans):
            return PlannedPyramids(file, found, workers, source, state)
    return None


def levels_of_file(job: Job, file: FilePlan) -> list[list[Level] | None]:
    """The levels of each map of a file."""
    options = file.format.options(dict(job.outputs.save), job.outputs.scale)
    return [levels_of(results, file.format, options) for results in file.by_map]


def pyramid_of_form(
    pipeline: Pipeline, header: io.Header, target: io.Format, limit: int
) -> PyramidPlan | None:
    """The tiles of an image that is known by its header; None where it is pooled as a whole."""
    is_store = target.is_folder and bool(target.reopen) and header.chunks is not None
    if not (pipeline.several and len(pipeline.steps) == 1 and is_store):
        return None
    sized = with_pixel_sizes(pipeline, header.facts, header.form)
    levels = levels_of(results_of(sized, finest_level(header, target)), target, {})
    for workers in range(current().threads, 0, -1):
        plan = pyramid_plan(levels, limit // 2 // workers) if levels else None
        if plan is not None:
            return plan
    return None


def levels_of(
    results: Sequence[PlannedMap], target: io.Format, options: Mapping[str, Any]
) -> list[Level] | None:
    """The levels of a map, itself the first; None where tiles cannot make them."""
    first, levels = results[0].source, []
    for header, stage in [(first, None), *((each.header, each.stages[0]) for each in results)]:
        chunk = target.chunk_shape(header, options)
        if chunk is None or header.layout != first.layout or (stage and stage.input != first.form):
            return None
        levels.append(Level(header, chunk, stage))
    wanted = PyramidPlan(tuple(levels), first.shape)
    corner = tuple(slice(0, 1) for _ in first.shape)
    reads = [
        level.stage.step.reads(first.form, wanted.numbers(corner))
        for level in levels[1:]
        if level.stage
    ]
    return levels if all(each is not None for each in reads) else None


def preview_of_pyramids(job: Job, planned: PlannedPyramids) -> Outcome:
    """What `pool_pyramids` would do."""
    tally = Tally()
    for plan in planned.plans:
        tally.add(read=plan.form.nbytes)
        tally.add(written=sum(level.header.form.nbytes for level in plan.levels))
    return pyramid_outcome(job, planned, tally, 0.0)


def pyramid_outcome(job: Job, planned: PlannedPyramids, tally: Tally, seconds: float) -> Outcome:
    """The outcome of a file whose levels are made in one pass."""
    stages = [level.stage for level in planned.plans[0].levels if level.stage]
    outcome = planned_outcome(job, planned.file, stages, tally, seconds)
    return outcome._replace(pages=len(planned.plans), regions=planned.regions)
