"""Planes that are pooled together, as the operation takes them that pools windows.

Those of an image with alpha are its colours and its alpha. Values are normalised, or linear light,
where a step asks for that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.operations.area_pooling import AreaPooling
from poolcli.engine.operations.normalize import Normalized
from poolcli.engine.operations.operation import Arguments, Pooling
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.operations.srgb import InLinearLight
from poolcli.engine.windows.place import Placement
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Frame
from poolcli.maps.layout import space_letters
from poolcli.maps.moments import Statistics
from poolcli.maps.picture import Picture
from poolcli.pipeline import alpha
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.map_part import MapPart, held_rules
from poolcli.pipeline.pooled_map import Prepared


class PooledGroup(NamedTuple):
    """Planes of a part, how they are pooled, and what makes the result of what comes out.

    `before` are the conversions of the values, the outermost first.
    """

    operation: Pooling | AreaPooling
    arguments: Arguments
    before: tuple[tuple[InLinearLight, ValueRules, np.dtype[Any]], ...]

    @property
    def planes(self) -> Array:
        """The values."""
        return self.arguments[0]

    @property
    def rules(self) -> ValueRules:
        """The rules for them."""
        return self.arguments[2]

    @property
    def weights(self) -> Array | None:
        """How often each counts."""
        return self.arguments[3]

    def placement(self, form: Form) -> Placement:
        """The windows on the planes of a map of this form."""
        frame: Frame = self.arguments[1]
        return self.operation.placement(frame._replace(space=form.frame.space))

    def finished(self, values: Array) -> Array:
        """The results of what the operation makes."""
        for light, rules, dtype in reversed(self.before):
            values = light.finished(values, rules, dtype)
        return values


def groups_of(step: Configuration, part: MapPart, ready: Prepared) -> list[PooledGroup] | None:
    """The planes of a part that are pooled together; None where the step pools no windows."""
    fmap, letters = part.pixels, space_letters(part.letters)
    lead = part.lead
    pixels = [part.numbers[each] for each in letters]
    rules = held_rules(ready, part.whole.frame, lead, pixels)
    if alpha.is_apart(step, fmap):
        groups = [(each.operation, each.arguments) for each in alpha.groups(step, fmap, rules)]
    else:
        arguments: Arguments = (fmap.planes(), fmap.form.frame, rules, None)
        groups = [(step.operation_on(part.whole), arguments)]
    found = [_innermost(operation, arguments, lead) for operation, arguments in groups]
    whole = [each for each in found if each is not None]
    return whole if len(whole) == len(found) else None


def _innermost(operation: Any, arguments: Arguments, lead: tuple[slice, ...]) -> PooledGroup | None:
    before = []
    while isinstance(operation, Normalized | InLinearLight):
        if isinstance(operation, InLinearLight):
            before.append((operation, arguments[2], arguments[0].dtype))
        arguments = operation.part_arguments(arguments, lead)
        operation = operation.operation
    if not isinstance(operation, Pooling | AreaPooling):
        return None
    return PooledGroup(operation, arguments, tuple(before))


def planned_groups(step: Configuration, form: Form, ready: Prepared) -> list[PooledGroup] | None:
    """The groups of a map of this form, of which they have the first pixel of each plane."""
    letters = space_letters(form.layout)
    sizes = [
        1 if each in letters else size for each, size in zip(form.layout, form.shape, strict=True)
    ]
    picture = Picture(form.mode) if form.mode else None
    fmap = FeatureMap(np.zeros(sizes, form.dtype), form.layout, picture)
    numbers = {each: np.arange(size) for each, size in zip(form.layout, sizes, strict=True)}
    if step.is_normalized and not step.statistics:
        unknown = Statistics(0.0, 0.0, 0.0, 0.0)
        step = replace(step, statistics=(unknown,) * (form.frame.batch or 1))
    return groups_of(step, MapPart(fmap, form, numbers), ready)
