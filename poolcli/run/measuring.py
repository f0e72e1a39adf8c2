"""Maps that are normalised region by region: their statistics are measured first, in a pass.

What a pass measures of some regions are exact sums, so that regions of any shape, in any order and
from any worker give the same statistics. A pipeline has a pass for each step that normalises: the
next needs the results of the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from poolcli.maps.moments import Moments, Statistics
from poolcli.maps.saturation import counting_saturated
from poolcli.pipeline.map_part import MapPart
from poolcli.pipeline.region_walk import pooled_region
from poolcli.pipeline.step import Stage
from poolcli.run.file_plan import FilePlan, PlannedMap
from poolcli.run.job import Measured, RegionRecord
from poolcli.run.region_blocks import Sources, Tally, read_pixels
from poolcli.run.region_need import RegionNeed, Shape
from poolcli.run.region_plan import RegionPlan, region_plan
from poolcli.run.region_progress import tell

# What the statistics of an image are made of, by the number of the map and of the image.
Found = Mapping[tuple[int, int], Moments]
NOT_YET: Measured = {}


@dataclass(frozen=True)
class Pass:
    """What one step normalises: its number, and the regions of its input, by the maps' numbers."""

    stage: int
    stages: Mapping[int, Stage]
    plans: Mapping[int, RegionPlan]

    @property
    def regions(self) -> int:
        """How many regions are read."""
        return sum(plan.count for plan in self.plans.values())

    @property
    def at_once(self) -> int:
        """The bytes that a region takes."""
        return max(plan.at_once for plan in self.plans.values())

    @property
    def read_bytes(self) -> int:
        """The bytes that are read at least."""
        return sum(plan.need.form.nbytes for plan in self.plans.values())

    def with_statistics(self, measured: Measured) -> Pass:
        """The pass of steps whose statistics are known, those before it."""
        plans = {
            number: plan.of(with_statistics(number, plan.need.planned, measured))
            for number, plan in self.plans.items()
        }
        return replace(self, plans=plans)

    def statistics_of(self, found: Found) -> Measured:
        """The statistics of every image of the maps."""
        return {
            (number, self.stage): tuple(
                found[number, image].statistics for image in range(stage.input.frame.batch or 1)
            )
            for number, stage in self.stages.items()
        }


def measurable(file: FilePlan) -> FilePlan:
    """The plan of a file whose steps normalise by statistics that are yet to be measured."""
    return known(file, NOT_YET)


def measurable_map(planned: PlannedMap) -> PlannedMap:
    """The plan of a map whose steps normalise by statistics that are yet to be measured."""
    return with_statistics(0, planned, NOT_YET)


def known(file: FilePlan, measured: Measured) -> FilePlan:
    """The plan of a file whose steps have these statistics."""
    results = (with_statistics(*each, measured) for each in enumerate(file.results))
    return file._replace(results=tuple(results))


def with_statistics(number: int, planned: PlannedMap, measured: Measured) -> PlannedMap:
    """The plan of a map, of this number, whose steps have their statistics, if these are known."""
    stages = (
        _with_statistics(stage, measured.get((number, at), ()))
        for at, stage in enumerate(planned.stages)
    )
    return planned._replace(stages=tuple(stages))


def _with_statistics(stage: Stage, statistics: tuple[Statistics, ...]) -> Stage:
    if not stage.step.is_normalized:
        return stage
    return replace(stage, step=stage.step.measured(statistics))


def normalizes(planned: PlannedMap) -> bool:
    """Whether any step of a map normalises it."""
    return any(stage.step.is_normalized for stage in planned.stages)


def passes_of(results: Sequence[PlannedMap], share: int, workers: int) -> tuple[Pass, ...]:
    """The passes that measure maps, each of whose regions takes about `share` bytes at most."""

    def plan(planned: PlannedMap, stage: int) -> RegionPlan:
        return input_regions(planned, stage, share, workers)

    last = max(len(each.stages) for each in results)
    found = (_pass(results, stage, plan) for stage in range(last))
    return tuple(each for each in found if each.plans)


def input_regions(planned: PlannedMap, stage: int, share: int, workers: int) -> RegionPlan:
    """The regions of the input of a stage, each of which takes about `share` bytes at most."""
    need = _pass_need(planned, stage)
    found = region_plan(need, share, workers)
    if found.piece != found.block:  # a chunk takes too much
        found = region_plan(replace(need, chunk=(1,) * len(need.shape)), share, workers)
    return found


def pass_of(results: Sequence[PlannedMap], stage: int, shapes: Sequence[Shape]) -> Pass:
    """The pass of a step in regions of these shapes, one for each map that it normalises."""
    remaining = iter(shapes)

    def plan(planned: PlannedMap, stage: int) -> RegionPlan:
        shape = next(remaining)
        return RegionPlan(_pass_need(planned, stage), shape, shape, 0)

    return _pass(results, stage, plan)


def _pass(
    results: Sequence[PlannedMap], stage: int, plan: Callable[[PlannedMap, int], RegionPlan]
) -> Pass:
    maps = {
        number: each
        for number, each in enumerate(results)
        if stage < len(each.stages) and each.stages[stage].step.is_normalized
    }
    stages = {number: each.stages[stage] for number, each in maps.items()}
    return Pass(stage, stages, {number: plan(each, stage) for number, each in maps.items()})


def _pass_need(planned: PlannedMap, number: int) -> RegionNeed:
    """What regions of the input of a stage take; its scratch counts as that of what is written."""
    stage, header = planned.stages[number], planned.source
    chunk = header.chunks or header.shape
    if number:
        form = planned.stages[number - 1].output
        header = header._replace(shape=form.shape, dtype=form.dtype.name, layout=form.layout)
        chunk = (1,) * len(form.shape)
    before = planned._replace(stages=planned.stages[:number], header=header)
    copies = -(-stage.load.pixel // header.form.dtype.itemsize)
    return RegionNeed(before, chunk, copies)


# Work ----------------------------------------------------------------------------------------


class Measurer:
    """Measures regions of the maps of a pass, in any order and from any thread.

    Who listens is told how many are done of this pass.
    """

    def __init__(self, measures: Pass, sources: Sources, tally: Tally) -> None:
        self._pass, self._sources, self._tally = measures, sources, tally
        self._lock, self._done = Lock(), 0
        self.found: Found = {}

    def make(self, turn: int) -> None:
        """Measure a region; they are counted over all maps of the pass."""
        number, at = self._map_of(turn)
        need, stage = self._pass.plans[number].need, self._pass.stages[number]
        numbers = need.numbers_of(self._pass.plans[number].block_at(at))
        assert numbers is not None, "only regions that can be made are planned"
        with self._sources.one() as source, self._tally.timed("read"):
            pixels = read_pixels(source, number, numbers[0])
        self._tally.add(read=pixels.data.nbytes)
        with self._tally.timed(self._pass.stage), counting_saturated():  # it is pooled again
            part = pooled_region(need.stages, MapPart(pixels, need.form, numbers[0]), numbers)
            moments = stage.step.moments(part)
        images = part.numbers.get("N", np.arange(1)).tolist()
        with self._lock:
            self._done += 1
            tell(self._done, self._pass.regions, self._tally.read_bytes)
            keys = ((number, image) for image in images)
            self.found = joined([self.found, dict(zip(keys, moments, strict=True))])

    def _map_of(self, turn: int) -> tuple[int, int]:
        for number, plan in self._pass.plans.items():
            if turn < plan.count:
                return number, turn
            turn -= plan.count
        raise IndexError(turn)


def joined(parts: Iterable[Found]) -> Found:
    """What was measured of some regions together."""
    found: dict[tuple[int, int], Moments] = {}
    for part in parts:
        for image, moments in part.items():
            found[image] = moments.joined_to(found[image]) if image in found else moments
    return found


def measured_in_passes(
    record: RegionRecord | None, passes: Sequence[Pass], run: Callable[[Pass, Measured], Found]
) -> Measured:
    """The statistics of all steps that normalise; those that the record knows are not made again.

    `run` measures what a pass has to, from the statistics of the passes before it.
    """
    measured = dict(record.statistics() if record else NOT_YET)
    for each in passes:
        if all((number, each.stage) in measured for number in each.plans):
            continue
        statistics = each.statistics_of(run(each.with_statistics(measured), measured))
        measured |= statistics
        if record:
            record.note_statistics(statistics)
    return measured
