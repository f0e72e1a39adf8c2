"""Label images beside an image: they are pooled in the same windows, by a reducer that keeps names.

Labels have no mean. Where the reducer gives values of its input, such as `max`, it is theirs, too;
for any other it is `mode`. Options about values are those of the image alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from poolcli.maps.facts import Facts
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step
from poolcli.pipeline.table import OPS
from poolcli.run.job import STREAM, Job

_PLACES = ("sliding", "adaptive", "area", "global", "fractional", "strided")


def takes_labels(job: Job) -> bool:
    """Whether label images are pooled with their image: into a store, if the steps can do it."""
    into_store = job.target != STREAM and (job.format is None or job.format.is_folder)
    is_label = "labels" in Path(job.member).parts
    steps = job.pipeline.steps
    return into_store and not is_label and job.outputs.indices is None and all(map(_fits, steps))


def is_label(facts: Facts) -> bool:
    """Whether a map is a label image beside an image."""
    return bool(facts.get("storage", {}).get("zarr", {}).get("is_label"))


def for_labels(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline for label images."""
    return Pipeline(tuple(map(_step, pipeline.steps)))


def _fits(step: Step) -> bool:
    return step.several or (step.windows is not None and step.windows.name in _PLACES)


def _step(step: Step) -> Step:
    rules = {option.name for option in step.op.value_options}
    options = tuple((name, value) for name, value in step.options if name not in rules)
    if step.several:
        others = tuple(pair for pair in options if pair[0] != "reducer")
        return replace(step, options=(("reducer", _step(step["reducer"])), *others))
    plain = replace(step, options=options)
    if plain.returns_input_values or step.windows is None:
        return plain
    where = {option.name for option in step.windows.parameters}
    return Step(OPS["mode"], step.windows, tuple(pair for pair in options if pair[0] in where))
