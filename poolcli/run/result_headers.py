"""What a pipeline makes of the maps of a file, from their headers: results, and what they lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from poolcli import io
from poolcli.maps.facts import Facts, PixelSize, carried
from poolcli.maps.feature_map import Form
from poolcli.maps.layout import space_letters
from poolcli.maps.picture import Picture
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage


@dataclass(frozen=True)
class Result:
    """A result, and the header and the stages that it comes from."""

    source: io.Header
    stages: tuple[Stage, ...]
    header: io.Header


def results_of(pipeline: Pipeline, source: io.Header) -> tuple[Result, ...]:
    """The results of a map, in the order in which they are written."""
    planned = iter(pipeline.plan(source.form))
    chains: list[tuple[Facts, tuple[Stage, ...]]] = [(source.facts, ())]
    for step in pipeline.steps:
        parts = len(step.within(source.form.space).parts)
        chains = [
            (carried(facts, stage.sampling), (*stages, stage))
            for facts, stages in chains
            for stage in islice(planned, parts)
        ]
    return tuple(
        Result(source, stages, _header(source, stages[-1], facts)) for facts, stages in chains
    )


def _header(source: io.Header, stage: Stage, facts: Facts) -> io.Header:
    output, picture = stage.output, source.picture
    if picture is not None and output.mode != source.form.mode:
        picture = Picture(output.mode)
    dtype = output.dtype.name
    return io.Header(source.name, output.shape, dtype, output.layout, picture, facts)


def dropped_facts(results: Sequence[Result], target: io.Format) -> tuple[str, ...]:
    """What the inputs carried and a file of this format does not, each once."""
    labels = (io.dropped(one.source.facts, one.header, target) for one in results)
    return tuple(dict.fromkeys(label for each in labels for label in each))


def with_spacing(facts: Facts, form: Form) -> Facts:
    """The facts with a size for the pixels, and an origin: 1 and 0 if the file has none."""
    letters = space_letters(form.layout)
    usual = {
        "spacing": dict.fromkeys(letters, PixelSize(1.0)),
        "origin": dict.fromkeys(letters, 0.0),
    }
    return {**usual, **facts}
