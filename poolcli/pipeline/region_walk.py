"""Regions through the stages of a pipeline: back to what they read, and forth to their pixels."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.maps.feature_map import Form
from poolcli.maps.picture import COLOURS, WITH_ALPHA
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.step import Stage


def needed(stages: Sequence[Stage], form: Form, region: Numbers) -> list[Numbers] | None:
    """What has to be there of the input, after each stage, and at last the region.

    `form` is that of the input. None where a stage needs the whole of its input.
    """
    numbers = [region]
    for number in reversed(range(len(stages))):
        before = stages[number - 1].output if number else form
        read = stages[number].step.reads(before, numbers[0])
        if read is None:
            return None
        numbers.insert(0, read)
    return numbers


def pooled_region(stages: Sequence[Stage], part: MapPart, numbers: Sequence[Numbers]) -> MapPart:
    """A region of the result from that of the input; `numbers` are what `needed` returns."""
    for stage, wanted in zip(stages, numbers[1:], strict=True):
        made = stage.step.pool_part(part, wanted)
        part = MapPart(made, stage.output, wanted)
    return part


def whole_letters(stages: Sequence[Stage], form: Form) -> str:
    """The letters of axes that regions have as a whole, as what is computed needs all of them."""
    forms = (form, *(stage.output for stage in stages))
    is_mixed = any(_joins_channels(each) for each in forms) or any(
        stage.step.op.name == "fuse" for stage in stages
    )
    return "C" if is_mixed else ""


def _joins_channels(form: Form) -> bool:
    return form.mode in COLOURS or form.mode in WITH_ALPHA or form.mode in ("P", "PA")
