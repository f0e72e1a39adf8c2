"""The map that a step makes of another: its planes pooled, and the facts that are the result's."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from poolcli.engine.operations.operation import Pooling
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.windows.place import Geometry
from poolcli.errors import ShapeError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form, check_values
from poolcli.maps.sampling import Sampling, sampling_of
from poolcli.pipeline import alpha
from poolcli.pipeline.alpha import PlaneGroup
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.stored_values import StoredNodata
from poolcli.pipeline.value_rules import rules_for


class Prepared(NamedTuple):
    """What a step needs to pool maps of one form."""

    rules: ValueRules
    geometry: Geometry
    output: Form


def prepared(step: Configuration, form: Form) -> Prepared:
    """Return what a step needs to pool maps of a form; ShapeError where they have no pixel."""
    if not form.space:
        raise ShapeError(
            "the map has no spatial axis left to pool: "
            "let this step come before the one that flattens"
        )
    check_values(form.dtype, form.space)
    rules, geometry = rules_for(step, form), step.operation.geometry(form.frame)
    output = form.framed(geometry.frame, np.dtype(rules.dtype))
    return Prepared(rules, geometry, output.of_numbers() if step.op.reads_indices else output)


def pooled_map(
    step: Configuration,
    fmap: FeatureMap,
    ready: Prepared,
    out: Array | None = None,
    nodata: StoredNodata | None = None,
) -> FeatureMap:
    """Return the pooled map; `out` are planes that a `Pooling` writes to."""
    frame, operation = fmap.form.frame, step.operation_on(fmap.form)
    rules = nodata.rules if nodata else ready.rules
    if alpha.is_apart(step, fmap):
        colours, opacity = (group() for group in alpha.groups(step, fmap, rules))
        pooled = alpha.joined(step, colours, opacity, frame)
    elif isinstance(operation, Pooling):
        pooled = operation(fmap.planes(), frame, rules, out=out)
    else:
        pooled = operation(fmap.planes(), frame, rules, _overlay(step, fmap))
    filled = nodata.filled(step, fmap, pooled) if nodata else pooled
    return map_of(step, fmap, filled, ready.geometry)


def can_fill(step: Configuration, out: Array, fmap: FeatureMap, rules: ValueRules) -> bool:
    """Whether the engine can write to `out` while it reads the map."""
    fits = isinstance(step.operation_on(fmap.form), Pooling) and out.dtype == rules.dtype
    return fits and not alpha.is_apart(step, fmap) and not np.may_share_memory(out, fmap.data)


def map_of(step: Configuration, fmap: FeatureMap, planes: Array, geometry: Geometry) -> FeatureMap:
    """Return the map of these results, with the facts that are theirs."""
    made = fmap.with_planes(planes, geometry.frame)
    if step.op.reads_indices and made.form.of_numbers() != made.form:
        made = replace(made, picture=None)
    return made.carrying(sampling_through(fmap.form, geometry, made.form)) if made.facts else made


def plane_groups(step: Configuration, fmap: FeatureMap, rules: ValueRules) -> list[PlaneGroup]:
    """Return what is pooled together: all planes, or the colours and the alpha."""
    if alpha.is_apart(step, fmap):
        return alpha.groups(step, fmap, rules)
    arguments = fmap.planes(), fmap.form.frame, rules, _overlay(step, fmap)
    return [PlaneGroup(step, step.operation_on(fmap.form), arguments)]


def sampling_through(before: Form, geometry: Geometry, after: Form) -> Sampling:
    """Return how the pixels of a result lie on those of its input."""
    even = geometry.even or (True,) * len(geometry.stride)
    places = geometry.stride, geometry.centre, even
    return sampling_of((before.layout, before.shape), (after.layout, after.shape), places)


def _overlay(step: Configuration, fmap: FeatureMap) -> Array | None:
    """The array that lies over the map, if the operation takes one."""
    if step.op.overlay is None:
        return None
    value = step[step.op.overlay.name]
    try:
        return fmap.planes_of(value.of(fmap.name))
    except ShapeError as error:
        raise ShapeError(f"{step.op.overlay.word} {value.text}: {error}") from None
