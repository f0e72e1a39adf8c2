"""Which number of a result is asked about: its map among several, and its index."""

from __future__ import annotations

from poolcli.errors import RequestError
from poolcli.maps.feature_map import Form
from poolcli.maps.frame import Size
from poolcli.maps.layout import shape_words, space_axes
from poolcli.pipeline.pipeline import Pipeline


def level_of(pipeline: Pipeline, form: Form, level: int) -> Pipeline:
    """The pipeline that gives only this one, counted from 1, of the maps that it makes of one."""
    chains = pipeline.chains(form)
    if not 1 <= level <= len(chains):
        raise RequestError(f"`level` {level}: {pipeline} gives {len(chains)}, from 1 on")
    pairs = zip(pipeline.steps, chains[level - 1], strict=True)
    return Pipeline(tuple(stage.step if step.several else step for step, stage in pairs))


def index_in(form: Form, at: Size | None) -> Size:
    """An index into a map, without negative numbers; None is the middle of the first plane.

    >>> import numpy as np
    >>> index_in(Form((2, 4, 4), np.dtype("uint8"), "CHW"), (-1, 0, 3))
    (1, 0, 3)
    """
    if at is None:
        middle = space_axes(form.layout) if form.frame.space else ()
        return tuple(size // 2 if axis in middle else 0 for axis, size in enumerate(form.shape))
    _check(form, at)
    return tuple(number % size for number, size in zip(at, form.shape, strict=True))


def _check(form: Form, at: Size) -> None:
    numbers = ",".join(map(str, at))
    where = f"`at` {numbers}: the result is {shape_words(form.shape)} ({form.layout})"
    if len(at) != len(form.shape):
        raise RequestError(f"{where}, and an index into it has {len(form.shape)} numbers")
    for number, size, letter in zip(at, form.shape, form.layout, strict=True):
        if not -size <= number < size:
            raise RequestError(f"{where}, and {letter} goes from 0 to {size - 1}")
