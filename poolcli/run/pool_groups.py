"""The levels of large images in groups of tiles: by threads, or by one of several workers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from poolcli import io
from poolcli.maps.saturation import counting_saturated
from poolcli.resources.limits import limits
from poolcli.resources.threads import for_each
from poolcli.run.budget import worker_budget
from poolcli.run.file_plan import plan_file
from poolcli.run.group_maker import GroupMaker
from poolcli.run.input_state import InputState
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job
from poolcli.run.job_source import opened
from poolcli.run.outcome import Outcome
from poolcli.run.planned_pyramids import PlannedPyramids, levels_of_file, pyramid_outcome
from poolcli.run.pyramid_groups import GroupTasks, PyramidGroups, groups_of
from poolcli.run.pyramid_plan import PyramidPlan
from poolcli.run.region_blocks import Sources
from poolcli.run.region_output import DoneRegions, Noting, begun_output, can_be_shared, shared_file


def tasks_of(job: Job, planned: PlannedPyramids) -> GroupTasks | None:
    """The groups of a file; None where it is written by one process, or is too small for them."""
    if not can_be_shared(job, shared_file(job, planned.file.format, planned.headers)):
        return None
    groups = [groups_of(plan, planned.workers) for plan in planned.plans]
    found = tuple(each for each in groups if each is not None)
    return GroupTasks(found) if len(found) == len(groups) else None


def cut_of(tasks: GroupTasks) -> object:
    """How a file is cut into what its tasks write."""
    return [
        ("groups", each.group, each.split, [level.chunk for level in each.plan.levels])
        for each in tasks.maps
    ]


def pool_groups(job: Job, planned: PlannedPyramids, tasks: GroupTasks) -> Outcome:
    """Write the levels of the maps of a file, or go on where an earlier run ended."""
    start, reopened = time.perf_counter(), partial(opened, job, job.source)
    file = shared_file(job, planned.file.format, planned.headers)
    with begun_output(job, file, cut_of(tasks)) as (begun, before):
        regions = with_parts(tasks, begun.path, before)
        with (
            Sources(reopened) as sources,
            _sinks(tasks, begun, has_parts=_puts_aside(tasks, regions)) as sinks,
            Noting(regions, tasks.count, begun.sync) as note,
        ):
            maker = GroupMaker(tasks, sources, sinks, note)
            for phase in tasks.phases:
                left = [each for each in phase if each not in regions.done]
                _make_all(maker, left, planned.workers, job.outputs.memory)
        planned.state.check()
        commit_point()
    seconds = time.perf_counter() - start
    return pyramid_outcome(job, planned, maker.tally, seconds)._replace(status="done")


def with_parts(tasks: GroupTasks, folder: Path, regions: DoneRegions) -> DoneRegions:
    """Begin what is put aside, unless an earlier run has; what it wrote is done again without."""
    if not _puts_aside(tasks, regions):
        return regions
    parts = tasks.parts(folder)
    if regions.done and parts.is_begun:
        return regions
    parts.begin()
    return regions.forgotten() if regions.done else regions


def pool_group_part(job: Job, readable: io.Readable) -> Outcome:
    """Do the tasks that a job names, in the file that the coordinator has begun."""
    part, start = job.part, time.perf_counter()
    assert part is not None
    with opened(job, readable) as source:
        file = plan_file(job, source)
        maps = []
        for levels, (group, tile) in zip(levels_of_file(job, file), part.shapes, strict=True):
            assert levels is not None, "the coordinator has planned them"
            maps.append(PyramidGroups(PyramidPlan(tuple(levels), tile), group))
        plans = tuple(each.plan for each in maps)
        planned = PlannedPyramids(file, plans, 1, source, InputState.of(readable))
    tasks, reopened = GroupTasks(tuple(maps)), partial(opened, job, job.source)
    begun = shared_file(job, file.format, planned.headers)._replace(path=part.path)
    with (
        limits(threads=1),
        Sources(reopened) as sources,
        _sinks(tasks, begun, has_parts=bool(tasks.split)) as sinks,
    ):
        maker = GroupMaker(tasks, sources, sinks)
        with counting_saturated() as saturated:
            _make_all(maker, part.turns, 1, part.memory)
    outcome = pyramid_outcome(job, planned, maker.tally, time.perf_counter() - start)
    return outcome._replace(
        status="done", regions=len(part.turns), saturated=tuple(saturated.items())
    )


def _puts_aside(tasks: GroupTasks, regions: DoneRegions) -> bool:
    """Whether anything is put aside still: once all tasks are done, it may have been removed."""
    return bool(tasks.split) and len(regions.done) < tasks.count


@contextmanager
def _sinks(
    tasks: GroupTasks, begun: io.SharedFile, *, has_parts: bool
) -> Iterator[tuple[io.Sink, io.ReadableSink | None]]:
    """What takes the levels, and what takes the parts of those that are split."""
    with begun.sink() as sink:
        if not has_parts:
            yield sink, None
            return
        with tasks.parts(begun.path).sink() as parts:
            yield sink, parts


def _make_all(maker: GroupMaker, tasks: Iterable[int], workers: int, memory: int | None) -> None:
    def make(task: int) -> None:
        with limits(threads=1, memory=worker_budget(memory, workers)):
            maker.make(task)

    for_each(tasks, make, workers)
