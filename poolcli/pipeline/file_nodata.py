"""Pipelines that leave out what a file says are no values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step


def leaving_out(pipeline: Pipeline, nodata: Sequence[float]) -> Pipeline:
    """Return the pipeline with these values as `nodata` of each step, beside its own.

    An empty window gives the first of all, which the next step then leaves out as well.

    >>> import poolcli
    >>> print(leaving_out(poolcli.parse("avg -k 2 | max -k 2 --nodata 0"), [-9999]))
    avg -k 2 --nodata -9999 | max -k 2 --nodata 0 --nodata -9999
    """
    return Pipeline(tuple(_step(step, nodata) for step in pipeline.steps)) if nodata else pipeline


def _step(step: Step, nodata: Sequence[float]) -> Step:
    options: tuple[tuple[str, Any], ...] = step.options
    if "branches" in dict(options):
        branches = tuple(leaving_out(branch, nodata) for branch in step["branches"])
        options = tuple((name, branches if name == "branches" else each) for name, each in options)
    taken = {option.name for option in step.op.options}
    if "nodata" in taken:
        own = step["nodata"] or ()
        others = tuple((name, each) for name, each in options if name != "nodata")
        options = (*others, ("nodata", tuple(dict.fromkeys((*own, *nodata)))))
    return replace(step, options=options)
