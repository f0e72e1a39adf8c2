"""A file whose windows are larger than memory: cells are made one by one, and in parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import NamedTuple

from poolcli import io
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.saturation import counting_saturated
from poolcli.pipeline.cell_parts import CellUnit
from poolcli.pipeline.cut_window import CutWindow, TapGroup, WindowCollector
from poolcli.pipeline.joined_cells import joined_cells
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.region_walk import needed, pooled_region
from poolcli.resources.limits import current, limits
from poolcli.resources.threads import for_each
from poolcli.run.budget import worker_budget
from poolcli.run.cell_plan import CellPlan, PlannedUnit, cell_plan
from poolcli.run.file_plan import FilePlan, plan_file
from poolcli.run.input_state import InputState
from poolcli.run.interruption import commit_point
from poolcli.run.job import Job, Measured
from poolcli.run.job_source import opened
from poolcli.run.large_file import may_have_regions
from poolcli.run.measured_file import measured_here
from poolcli.run.measuring import Pass, input_regions, known, measurable, passes_of
from poolcli.run.outcome import Outcome
from poolcli.run.planned_outcome import planned_outcome
from poolcli.run.planned_regions import USUAL, is_held, opened_large
from poolcli.run.region_blocks import Sources, Tally, read_pixels
from poolcli.run.region_output import shared_file
from poolcli.run.region_progress import tell
from poolcli.run.saturated_before import count_saturated


class PlannedCells(NamedTuple):
    """The plan of a file, those of its maps, and how many workers make the cells.

    `passes` measure the maps that are normalised.
    """

    file: FilePlan
    plans: tuple[CellPlan, ...]
    workers: int
    source: io.Source
    state: InputState
    passes: tuple[Pass, ...] = ()

    def measured(self, statistics: Measured) -> PlannedCells:
        """The plan with the statistics of the steps that normalise."""
        file = known(self.file, statistics)
        plans = (plan.of(each) for plan, each in zip(self.plans, file.results, strict=True))
        return self._replace(file=file, plans=tuple(plans))

    @property
    def regions(self) -> int:
        """How many regions are read."""
        return sum(plan.count for plan in self.plans)


@contextmanager
def planned_cells(job: Job, readable: io.Readable) -> Iterator[PlannedCells | None]:
    """The plan of a file whose cells are made in parts; None for one that is not, or need not be.

    Files that are pooled in regions are asked for before.
    """
    if not may_have_regions(job, readable):
        yield None
        return
    with opened_large(job, readable) as source:
        yield None if source is None else _planned(job, source, InputState.of(readable))


def _planned(job: Job, source: io.Source, state: InputState) -> PlannedCells | None:
    if is_held(job, source):
        return None
    file, limit = measurable(plan_file(job, source)), job.outputs.memory
    for workers in range(current().threads, 0, -1):
        share = USUAL if limit is None else limit // 2 // workers
        plans = [cell_plan(each, share) for each in file.results]
        found = tuple(each for each in plans if each is not None)
        if len(found) < len(plans):
            continue
        passes = passes_of([each.measured_map for each in found], share, workers)
        if all(each.at_once <= share for each in passes):
            return PlannedCells(file, found, workers, source, state, passes)
    return None


def pool_cells(job: Job, planned: PlannedCells) -> Outcome:
    """Pool the maps of a file cell by cell."""
    start, memory, tally = time.perf_counter(), job.outputs.memory, Tally()
    planned = measured_here(job, planned, tally)
    reopened = partial(opened, job, job.source)
    file = shared_file(job, planned.file.format, [each.header for each in planned.file.results])
    with Sources(reopened) as sources:
        work = _CellWork(planned, sources, tally)

        def make(task: _Task) -> None:
            with limits(threads=1, memory=worker_budget(memory, planned.workers)):
                work.make(task)

        for_each(work.tasks(), make, planned.workers)
        for_each(work.tasks_again(), make, planned.workers)
        with limits(threads=1, memory=worker_budget(memory, planned.workers)):
            work.count_saturated()
        results = [work.result(number) for number in range(len(planned.plans))]
    planned.state.check()
    written = io.written(
        job.target, file.format, file.headers, file.options, overwrite=job.overwrite
    )
    with written as sink, work.tally.timed("write"):
        for number, one in enumerate(results):
            sink.write(number, tuple(slice(0, size) for size in one.data.shape), one.data)
            work.tally.add(written=one.data.nbytes)
        commit_point()
    return _outcome(job, planned, work.tally, time.perf_counter() - start)._replace(status="done")


def preview_of_cells(job: Job, planned: PlannedCells) -> Outcome:
    """What `pool_cells` would do."""
    tally = Tally()
    for each in planned.passes:
        tally.add(read=each.read_bytes)
    for plan in planned.plans:
        tally.add(read=plan.planned.source.form.nbytes, written=plan.planned.header.form.nbytes)
    return _outcome(job, planned, tally, 0.0)


class _Task(NamedTuple):
    """Some parts of a cell, or all of the pixels of a unit, of the map of this number."""

    number: int
    unit: PlannedUnit
    group: TapGroup | None


class _CellWork:
    """The cells of the maps of a file, made by several workers."""

    def __init__(self, planned: PlannedCells, sources: Sources, tally: Tally) -> None:
        self._plans, self._sources = planned.plans, sources
        self._cells: list[dict[CellUnit, tuple[Array, ...]]] = [{} for _ in planned.plans]
        self._templates: dict[int, FeatureMap] = {}
        self._collectors: dict[tuple[int, CellUnit], WindowCollector] = {}
        self._again: list[tuple[int, PlannedUnit]] = []
        self._saturating: set[int] = set()  # maps in which a step before saturates
        self._lock = Lock()
        self._done, self._count = 0, planned.regions
        self.tally = tally

    def tasks(self) -> Iterator[_Task]:
        """Everything that is read."""
        return self._tasks(
            (number, unit) for number, plan in enumerate(self._plans) for unit in plan.units
        )

    def tasks_again(self) -> Iterator[_Task]:
        """What is read once more, as sums have overflown."""
        again, self._again = self._again, []
        return self._tasks(iter(again))

    def _tasks(self, units: Iterator[tuple[int, PlannedUnit]]) -> Iterator[_Task]:
        for number, unit in units:
            if unit.cut is not None:
                self._collectors[number, unit.unit] = WindowCollector(unit.cut)
            for group in unit.groups:
                yield _Task(number, unit, group)

    def make(self, task: _Task) -> None:
        """Read the pixels of a task, and reduce them."""
        maker, unit = self._plans[task.number].maker, task.unit.unit
        cut, group = task.unit.cut, task.group
        if cut is None or group is None:
            part = maker.step.taken(self._part(task.number, maker.numbers(unit)))
            with self.tally.timed(self._plans[task.number].stage):
                self._cells[task.number][unit] = maker.pooled(unit, part)
        else:
            taps = cut.taps(group)
            part = maker.step.taken(self._part(task.number, maker.tap_numbers(unit, taps)))
            with self.tally.timed(self._plans[task.number].stage):
                collector = self._collectors[task.number, unit]
                states = collector.put(group, maker.counted(unit, taps, part))
                if states is not None:
                    self._finish(task.number, task.unit.unit, cut, states)
        self._templates.setdefault(task.number, part.pixels)
        with self._lock:
            self._done += 1
            tell(self._done, max(self._done, self._count), self.tally.read_bytes)

    def _part(self, number: int, wanted: Numbers) -> MapPart:
        """Pixels of the map that the large windows are on."""
        plan = self._plans[number]
        form = plan.planned.source.form
        numbers = needed(plan.before, form, wanted)
        assert numbers is not None, "only parts that can be made are planned"
        with self._sources.one() as source, self.tally.timed("read"):
            pixels = read_pixels(source, number, numbers[0])
        self.tally.add(read=pixels.data.nbytes)
        with self.tally.timed(0 if plan.before else "read"), counting_saturated() as found:
            part = pooled_region(plan.before, MapPart(pixels, form, numbers[0]), numbers)
        if found:
            self._saturating.add(number)
        return part

    def count_saturated(self) -> None:
        """Note what saturates before the large windows, which may have made it several times."""
        for number in sorted(self._saturating):
            plan = self._plans[number]
            regions = input_regions(plan.planned, plan.stage, plan.at_once, 1)
            count_saturated(regions, number, self._sources)

    def _finish(
        self, number: int, unit: CellUnit, cut: CutWindow, states: list[list[Array]]
    ) -> None:
        """The cell of a window whose parts are all there, or what is read once more."""
        again = cut.again(states)
        if again is not None:
            self._again.append((number, PlannedUnit(unit, again)))
            return
        groups = self._plans[number].maker.groups
        pairs = zip(groups, cut.finished(states), strict=True)
        self._cells[number][unit] = tuple(group.finished(values) for group, values in pairs)

    def result(self, number: int) -> FeatureMap:
        """The result of a map, once all cells are there."""
        plan = self._plans[number]
        one = joined_cells(plan.maker, self._templates[number], self._cells[number])
        for step, stage in enumerate(plan.after, start=plan.stage + 1):
            with self.tally.timed(step):
                one = stage.step(one)
        return one


def _outcome(job: Job, planned: PlannedCells, tally: Tally, seconds: float) -> Outcome:
    stages = planned.file.results[0].stages
    outcome = planned_outcome(job, planned.file, stages, tally, seconds)
    return outcome._replace(pages=len(planned.plans), regions=planned.regions)
