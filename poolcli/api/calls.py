"""One call of `pool`: the input as a map, the step, and the result in the kind of the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from poolcli.api.inputs import PoolInput
from poolcli.api.labelled import labelled, spacing_of
from poolcli.api.steps import PARSER, pipeline_of
from poolcli.errors import OptionTypeError, RequestError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import shape_words
from poolcli.pipeline.options import MASK
from poolcli.pipeline.out_array import write
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.pixel_sizes import with_pixel_sizes
from poolcli.pipeline.registry import op_named
from poolcli.pipeline.step import Step

OVER_INPUT = ("mask", "indices")  # options whose arrays lie over the input, with its axes


def pooled(
    source: PoolInput,
    reducer: str,
    options: Mapping[str, Any],
    *,
    return_indices: bool,
    out: Array | None,
) -> Any:
    """Return what `pool` returns."""
    source = _checked(source, reducer)
    pipeline = pipeline_of(reducer, _arranged(options, source))
    if pipeline.several and source.labelled is not None:
        facts = {"spacing": spacing_of(source.labelled, source.fmap.layout)}
        pipeline = with_pixel_sizes(pipeline, facts, source.fmap.form)
    if source.valid is None and not return_indices:
        direct = None if source.arrangement.order else out
        *_, maps = pipeline.walk(source.fmap, direct)
    elif out is not None and pipeline.several:
        raise RequestError(f"{pipeline} makes several arrays, and `out` is one: leave it out")
    elif source.valid is None:
        maps = pipeline.values_and_indices(source.fmap)
    else:
        maps = _masked(pipeline, source, return_indices=return_indices)
    if not (return_indices or pipeline.several):
        return _result(maps[0], source, pipeline.steps[0], out)
    step, form = pipeline.steps[0], source.fmap.form
    parts = step.parts_of(form) if pipeline.several else pipeline.steps * 2
    outs = (out, *(None for _ in maps[1:]))
    return tuple(map(_result, maps, (source,) * len(maps), parts, outs))


def check_reducer(reducer: Any) -> None:
    """Raise RequestError for what is not the name of an operation alone."""
    if isinstance(reducer, Pipeline):
        raise OptionTypeError(f"{reducer!r} is no operation: call it with x")
    if not isinstance(reducer, str):
        raise OptionTypeError(f"`reducer` is the name of an operation, and not {reducer!r}")
    if " " in reducer.strip() or "|" in reducer:
        raise RequestError(
            f"{reducer!r} is a pipeline, and no operation: call poolcli.parse({reducer!r})(x)"
        )


def check_own(reducer: str, own: Mapping[str, Any]) -> None:
    """Raise TypeError, as Python does, for keywords that no operation and no plugin has."""
    for name in own:
        row = op_named(reducer)
        if not row.is_plugin or name not in {option.name for option in row.parameters}:
            raise TypeError(f"pool() got an unexpected keyword argument {name!r}")


def _checked(source: PoolInput, reducer: str) -> PoolInput:
    """The input, whose mask the operation takes."""
    if source.valid is None or MASK in op_named(reducer).value_options:
        return source
    if not source.valid.all():
        raise RequestError(f"{reducer} does not take masked arrays: fill the input first")
    return source._replace(valid=None)


def _arranged(options: Mapping[str, Any], source: PoolInput) -> Mapping[str, Any]:
    """The options, with arrays that lie over the input as the map has its axes."""
    if source.arrangement.order is None and source.valid is None:
        return options
    changed = dict(options)
    if source.arrangement.order is not None:
        for name in OVER_INPUT:
            if name in changed:
                array = PARSER.array("array", changed[name]).array
                same = array.ndim == len(source.shape)
                changed[name] = source.arrangement.arranged(array) if same else array
    if source.valid is not None:
        mask = changed.get("mask")
        changed["mask"] = source.valid if mask is None else _both(source, source.valid, mask)
    return changed


def _both(source: PoolInput, valid: Array, mask: Any) -> Array:
    """The pixels that count by the mask of a masked array and by the option."""
    array: Array = PARSER.array("array", mask).array != 0
    if array.shape != source.fmap.form.space:
        if array.shape != source.fmap.data.shape:
            raise ShapeError(f"`mask` has the shape {shape_words(array.shape)}, unlike the input")
        return array & valid
    frame = source.fmap.form.frame
    planes = np.broadcast_to(array, frame.shape)
    return source.fmap.with_planes(planes, frame).data & valid


def _masked(
    pipeline: Pipeline, source: PoolInput, *, return_indices: bool
) -> tuple[FeatureMap, ...]:
    """The results of a masked array, each with a masked array as its data."""
    fmap = source.fmap
    pairs = pipeline.values_and_empty(fmap)
    maps = [values.with_data(np.ma.array(values.data, mask=empty.data)) for values, empty in pairs]
    if return_indices:
        indices = pipeline.indices(fmap)
        maps.append(indices.with_data(np.ma.array(indices.data, mask=pairs[0][1].data)))
    return tuple(maps)


def _result(one: FeatureMap, source: PoolInput, step: Step, out: Array | None) -> Any:
    """A result as the input was: its axes, and its labels."""
    data = source.arrangement.restored(one, source.shape)
    if out is not None:
        if data is not out:
            write(data, out)
            data = out
    elif not data.flags.c_contiguous:
        data = data.copy(order="C")
    if source.labelled is None:
        return data
    return labelled(source.labelled, data, one, source.fmap, step)
