"""Pipelines that leave out what the mask of a file leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.file_mask import FileMask, strides_of
from poolcli.pipeline.arrays import MaskOfFile
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step

_NAME = "of-the-file"  # as the option's value in texts


def masked(pipeline: Pipeline, mask: FileMask) -> tuple[Pipeline, FileMask]:
    """Return the pipeline with a mask for each step, and the mask with those of the results.

    Both are as they were where a step does not take a mask, has one of its own, or makes other
    axes, and where several maps are made in more than one step.
    """
    valid = mask.valid  # read in any case, while the file is open: it may be written as it is
    if valid is None or not all(map(_takes_mask, pipeline.steps)):
        return pipeline, mask
    if pipeline.several:
        return _masked_levels(pipeline, mask, valid)
    steps: list[Step] = []
    later: list[Array] = []
    for step in pipeline.steps:
        steps.append(_with_mask(step, valid))
        ones = FeatureMap(np.ones(valid.shape, np.uint8), "HW")
        _, empty = steps[-1].values_and_empty(ones)
        if empty.layout != "HW":
            return pipeline, mask
        valid = ~np.asarray(empty.data, bool)
        later.append(valid)
    return Pipeline(tuple(steps)), replace(mask, later=tuple(later))


def _masked_levels(pipeline: Pipeline, mask: FileMask, valid: Array) -> tuple[Pipeline, FileMask]:
    if len(pipeline.steps) > 1:
        return pipeline, mask
    step = _with_mask(pipeline.steps[0], valid)
    ones = FeatureMap(np.ones(valid.shape, np.uint8), "HW")
    levels = {}
    for (stage,) in Pipeline((step,)).chains(ones.form):
        _, empty = stage.step.values_and_empty(ones)
        levels[strides_of(stage.sampling)] = ~np.asarray(empty.data, bool)
    return Pipeline((step,)), replace(mask, load=lambda: valid, levels=levels)


def _takes_mask(step: Step) -> bool:
    names = {option.name for option in step.op.options}
    return {"mask"} <= names and step["mask"] is None and "branches" not in dict(step.options)


def _with_mask(step: Step, valid: Array) -> Step:
    array = valid.copy()
    array.flags.writeable = False
    return replace(step, options=(*step.options, ("mask", MaskOfFile(_NAME, array))))
