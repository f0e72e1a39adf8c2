"""What will be made of a file, from the headers of its maps: results, and facts that they lose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import numpy as np

from poolcli import io
from poolcli.errors import FileError, PoolError
from poolcli.maps.facts import Facts, PixelSize
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import space_letters
from poolcli.maps.picture import Picture
from poolcli.maps.pooled_facts import carried
from poolcli.maps.sampling import Sampling, composed
from poolcli.pipeline.file_nodata import leaving_out
from poolcli.pipeline.masked_pipeline import masked
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.pixel_sizes import with_pixel_sizes
from poolcli.pipeline.step import Stage
from poolcli.run.job import STREAM, Job
from poolcli.run.labels import for_labels, is_label

T = TypeVar("T")
_TILE = 256  # pixels on each side of a tile


class PlannedMap(NamedTuple):
    """A result: its header, that of the map it is made of, and the stages in between.

    `level` counts the results of a map from 0.
    """

    source: io.Header
    stages: tuple[Stage, ...]
    header: io.Header
    level: int = 0

    @property
    def sampling(self) -> Sampling:
        """How its pixels lie on those of the map it is made of."""
        return reduce(composed, (stage.sampling for stage in self.stages))


class FilePlan(NamedTuple):
    """What is made of the maps of a file, and the format of the output.

    `dropped` names what the maps carry and the output does not hold.
    """

    format: io.Format
    results: tuple[PlannedMap, ...]
    dropped: tuple[str, ...]

    @property
    def levels(self) -> int:
        """How many results there are of the map that has the most."""
        return 1 + max(each.level for each in self.results)

    @property
    def by_map(self) -> list[list[PlannedMap]]:
        """The results of each map."""
        maps: list[list[PlannedMap]] = []
        for each in self.results:
            if each.level == 0:
                maps.append([])
            maps[-1].append(each)
        return maps


def plan_file(job: Job, source: io.Source) -> FilePlan:
    """The plan of a job; FileError for results that the format cannot hold.

    With `strict` it is a FileError, too, where facts are dropped.
    """
    instead = "png" if job.target == STREAM else None
    target = job.format or io.default_format(source.format, source.headers, instead=instead)
    options = target.options(dict(job.outputs.save), job.outputs.scale)
    kept = keeps_original(job, target)
    maps = [finest_level(each, target) for each in source.headers] if kept else source.headers
    made = [_results(job, header) for header in maps]
    results = [one for each in made for one in each]
    if kept:
        pairs = zip(maps, made, strict=True)
        levels = [[first, *(one.header for one in each)] for first, each in pairs]
        target.check_held([one for each in levels for one in each], options)
    else:
        for files in parted(job, [each.level for each in results], results):
            target.check_held([one.header for one in files], options)
    dropped = _dropped(results, target)
    if dropped and job.outputs.strict:
        raise FileError(
            f"{target.suffixes[0]} would lack its {', '.join(dropped)}: "
            "leave --strict out, or write another format"
        )
    return FilePlan(target, tuple(results), dropped)


def _results(job: Job, header: io.Header) -> tuple[PlannedMap, ...]:
    pipeline, facts = prepared_for(job, header.facts, header.form)
    try:
        return results_of(pipeline, header._replace(facts=facts))
    except PoolError as error:
        if not is_label(header.facts):
            raise
        raise type(error)(f"{header.name}: {error}") from None


def results_of(pipeline: Pipeline, source: io.Header) -> tuple[PlannedMap, ...]:
    """The results of a map, in the order in which they are written."""
    planned = []
    for level, stages in enumerate(pipeline.chains(source.form)):
        facts = source.facts
        for stage in stages:
            facts = carried(facts, stage.sampling)
        planned.append(PlannedMap(source, stages, _header(source, stages[-1], facts), level))
    return tuple(planned)


def _header(source: io.Header, stage: Stage, facts: Facts) -> io.Header:
    output, picture = stage.output, source.picture
    if picture is not None and output.mode != source.form.mode:
        picture = Picture(output.mode) if output.mode else None
    dtype = output.dtype.name
    return io.Header(source.name, output.shape, dtype, output.layout, picture, facts)


def _dropped(results: Sequence[PlannedMap], target: io.Format) -> tuple[str, ...]:
    labels = (io.dropped(one.source.facts, one.header, target) for one in results)
    return tuple(dict.fromkeys(label for each in labels for label in each))


# Pipelines and facts of single maps ----------------------------------------------------------


def pipeline_for(job: Job, facts: Facts, form: Form) -> Pipeline:
    """The pipeline for a map, which leaves out what its file says are no values."""
    return prepared_for(job, facts, form)[0]


def prepared_for(job: Job, facts: Facts, form: Form) -> tuple[Pipeline, Facts]:
    """The pipeline for a map, and the map's facts, of which a mask has those of the results."""
    pipeline = for_labels(job.pipeline) if is_label(facts) else job.pipeline
    pipeline = with_pixel_sizes(pipeline, facts, form)
    if not job.settings.file_nodata:
        return pipeline, facts
    pipeline = leaving_out(pipeline, _held(tuple(facts.get("nodata", ())), form.dtype))
    if "mask" not in facts:
        return pipeline, facts
    pipeline, mask = masked(pipeline, facts["mask"])
    return pipeline, {**facts, "mask": mask}


def _held(values: tuple[float, ...], dtype: np.dtype[Any]) -> tuple[float, ...]:
    """The values that an array of this dtype can hold."""
    if dtype.kind == "f":
        return values
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return tuple(int(each) for each in values if each % 1 == 0 and low <= each <= high)


def parted(job: Job, levels: Sequence[int], results: Sequence[T]) -> list[list[T]]:
    """The results of these levels, those of each file together: all are in one, or each level."""
    if not job.parts_levels:
        return [list(results)]
    pairs = list(zip(levels, results, strict=True))
    return [[each for level, each in pairs if level == number] for number in range(1 + max(levels))]


def keeps_original(job: Job, target: io.Format | None) -> bool:
    """Whether one file holds the levels, of which the map itself is the finest."""
    holds_levels = target is not None and target.holds_levels
    return job.pipeline.several and holds_levels and not job.parts_levels


def as_finest(facts: Facts, form: Form, target: io.Format) -> Facts:
    """The facts of the finest level of an image.

    They tell a size for the pixels, and an origin: 1 and 0 if the file has none. An image that is
    no store is written in tiles: viewers read levels by regions.
    """
    letters = space_letters(form.layout)
    usual: Facts = {
        "spacing": dict.fromkeys(letters, PixelSize(1.0)),
        "origin": dict.fromkeys(letters, 0.0),
    }
    tiles = {} if target.is_folder else {"chunks": dict.fromkeys("HW", _TILE)}
    return {**usual, **tiles, **facts}


def finest_level(header: io.Header, target: io.Format) -> io.Header:
    """A map as the finest level of an image in a file of this format."""
    return header._replace(facts=as_finest(header.facts, header.form, target))
