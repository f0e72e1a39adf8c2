"""Pipelines that leave out what the mask of a file leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.file_mask import FileMask
from poolcli.pipeline.arrays import MaskOfFile
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step

_NAME = "of-the-file"  # as the option's value in texts


def masked(pipeline: Pipeline, mask: FileMask) -> tuple[Pipeline, FileMask]:
    """Return the pipeline with a mask for each step, and the mask with those of the results.

    Both are as they were where a step does not take a mask, has one of its own, or makes several
    maps or other axes.
    """
    valid = mask.valid  # read in any case, while the file is open: it may be written as it is
    if valid is None or pipeline.several or not all(map(_takes_mask, pipeline.steps)):
        return pipeline, mask
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


def _takes_mask(step: Step) -> bool:
    names = {option.name for option in step.op.options}
    return {"mask"} <= names and step["mask"] is None and "branches" not in dict(step.options)


def _with_mask(step: Step, valid: Array) -> Step:
    array = valid.copy()
    array.flags.writeable = False
    return replace(step, options=(*step.options, ("mask", MaskOfFile(_NAME, array))))
