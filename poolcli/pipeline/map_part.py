"""A region of a step's result from a region of its input, with the same bits as in the whole.

A region is told by numbers: those of its pixels along each axis of a map, ascending. They need not
be neighbours: the first cells of a map whose border wraps read pixels at both of its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from poolcli.engine.operations.normalize import Normalized
from poolcli.engine.operations.operation import Arguments
from poolcli.engine.operations.partial_operation import PartialOperation
from poolcli.engine.operations.pixels import ValueRules
from poolcli.engine.windows.plane_part import PlanePart, held_span
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Frame
from poolcli.maps.layout import space_letters
from poolcli.maps.moments import Moments
from poolcli.pipeline import alpha
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.pooled_map import Prepared
from poolcli.resources import memory

Numbers = Mapping[str, Array]  # ascending numbers of pixels, by the letters of a map's axes


class MapPart(NamedTuple):
    """A region of a map: the pixels at `numbers` of a map of the form `whole`."""

    pixels: FeatureMap
    whole: Form
    numbers: Numbers

    def expanded(self) -> MapPart:
        """The region of the map for arithmetic: a palette as its colours, bits as gray."""
        whole = self.whole.expanded()
        if whole == self.whole:
            return self
        every = {letter: np.arange(size) for letter, size in zip(*whole[2::-2], strict=True)}
        return MapPart(self.pixels.expanded(), whole, {**every, **self.numbers})

    def narrowed(self, numbers: Numbers) -> MapPart:
        """The pixels at some of the numbers."""
        at = [np.searchsorted(self.numbers[letter], numbers[letter]) for letter in self.letters]
        are_runs = all(each.size and each[-1] - each[0] == each.size - 1 for each in at)
        data = self.pixels.data[tuple(map(_hull, at)) if are_runs else np.ix_(*at)]
        return MapPart(self.pixels.with_data(data), self.whole, numbers)

    @property
    def lead(self) -> tuple[slice, ...]:
        """Where its planes are among those of the map."""
        return tuple(_hull(self.numbers[each]) for each in "NC" if each in self.whole.layout)

    @property
    def letters(self) -> str:
        """The letters of the axes."""
        return self.whole.layout


def reads(step: Configuration, form: Form, wanted: Numbers) -> Numbers | None:
    """The pixels of a map of this form that a region of the step's result is made of.

    None where the step needs the whole map.
    """
    taken = step.taken(form)
    operation = step.operation_on(taken)
    by_stored_values = taken != form and step["nodata"]
    if not isinstance(operation, PartialOperation) or step.op.overlay or by_stored_values:
        return None
    letters = space_letters(taken.layout)
    if not set(letters) <= wanted.keys():
        return None
    found = [
        operation.reads(taken.frame, cells)
        for cells in _in_turn([wanted[each] for each in letters])
    ]
    if any(each is None for each in found):
        return None
    pixels = dict(zip(letters, map(_union, zip(*found, strict=True)), strict=True))
    every = {letter: np.arange(size) for letter, size in zip(form.layout, form.shape, strict=True)}
    lead = {letter: wanted[letter] for letter in "NC" if letter in wanted and letter in every}
    return {letter: {**every, **lead, **pixels}[letter] for letter in form.layout}


def pool_part(step: Configuration, part: MapPart, ready: Prepared, wanted: Numbers) -> FeatureMap:
    """A region of the step's result; `ready` is for maps of the form of the part, expanded."""
    fmap, frame, letters = part.pixels, part.whole.frame, space_letters(part.letters)
    pixels = tuple(part.numbers[each] for each in letters)
    turns = list(product(*(runs_of(wanted[each]) for each in letters)))
    parts = [PlanePart(frame, part.lead, pixels, cells) for cells in turns]
    made = [_cells(step, part, ready, each) for each in parts]
    planes = made[0] if len(made) == 1 else _joined(made, turns, [wanted[e] for e in letters])
    pooled = fmap.with_planes(planes, ready.geometry.frame)
    if step.op.reads_indices and pooled.form.of_numbers() != pooled.form:
        pooled = replace(pooled, picture=None)
    return pooled


def _cells(step: Configuration, part: MapPart, ready: Prepared, cells: PlanePart) -> Array:
    """Some cells of the step's result."""
    fmap, rules = part.pixels, held_rules(ready, cells.frame, cells.lead, cells.pixels)
    if alpha.is_apart(step, fmap):
        axis = -1 - len(cells.frame.space)
        groups = alpha.groups(step, fmap, rules)
        return np.concatenate([_group(each, cells, axis) for each in groups], axis=axis)
    operation: Any = step.operation_on(part.whole)
    return np.asarray(operation.pool_part(fmap.planes(), cells, rules))


def held_rules(
    ready: Prepared, frame: Frame, lead: tuple[slice, ...], pixels: Sequence[Array]
) -> ValueRules:
    """The rules for some pixels of some planes: their mask is that of these."""
    if ready.rules.mask is None:
        return ready.rules
    whole = np.broadcast_to(ready.rules.mask, frame.shape)
    planes = whole[lead] if lead else whole
    return ready.rules._replace(mask=planes[_at(np.ix_(*pixels))])


def moments(step: Configuration, part: MapPart, ready: Prepared) -> list[Moments]:
    """What the statistics of the images that a part has pixels of are made of."""
    fmap, letters = part.pixels, space_letters(part.letters)
    pixels = [part.numbers[each] for each in letters]
    rules = held_rules(ready, part.whole.frame, part.lead, pixels)
    operation: Any = step.operation_on(part.whole)
    arguments: Arguments = (fmap.planes(), fmap.form.frame, rules, None)
    if alpha.is_apart(step, fmap):
        operation, arguments = alpha.groups(step, fmap, rules)[0][1:]
    while not isinstance(operation, Normalized):
        operation, arguments = operation.operation, operation.arguments(*arguments)
    return operation.moments(*arguments)


def _group(group: alpha.PlaneGroup, cells: PlanePart, axis: int) -> Array:
    planes, _, rules, weights = group.arguments
    operation: Any = group.operation
    here = cells.of_channels(planes.shape[axis])
    return np.asarray(operation.pool_part(planes, here, rules, weights))


# Numbers -------------------------------------------------------------------------------------


def runs_of(numbers: Array) -> list[slice]:
    """Ascending numbers as stretches of neighbours.

    >>> runs_of(np.array([0, 1, 7, 8, 9]))
    [slice(0, 2, None), slice(7, 10, None)]
    """
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    return [_hull(each) for each in np.split(numbers, breaks)]


def held_region(region: Sequence[slice], whole: Sequence[slice]) -> tuple[slice, ...]:
    """Where a region is in another that holds it."""
    pairs = zip(region, whole, strict=True)
    return tuple(slice(a.start - b.start, a.stop - b.start) for a, b in pairs)


def _hull(numbers: Array) -> slice:
    return slice(int(numbers[0]), int(numbers[-1]) + 1)


def _in_turn(numbers: Sequence[Array]) -> Iterator[tuple[slice, ...]]:
    """Every run along every axis at least once; what is read along an axis depends on it alone."""
    runs = [runs_of(each) for each in numbers]
    for turn in range(max(map(len, runs), default=0)):
        yield tuple(each[min(turn, len(each) - 1)] for each in runs)


def _union(numbers: Sequence[Array]) -> Array:
    return numbers[0] if len(numbers) == 1 else np.unique(np.concatenate(numbers))


def union_of(parts: Sequence[Numbers]) -> Numbers:
    """The numbers that are in any of the parts."""
    return {letter: _union([each[letter] for each in parts]) for letter in parts[0]}


def _joined(
    made: Sequence[Array], turns: Sequence[tuple[slice, ...]], wanted: Sequence[Array]
) -> Array:
    """The results of several runs in one array."""
    lead = made[0].shape[: -len(wanted)]
    out = memory.empty((*lead, *map(len, wanted)), made[0].dtype)
    for cells, planes in zip(turns, made, strict=True):
        out[_at(map(held_span, cells, wanted))] = planes
    return out


def _at(index: Iterable[Any]) -> Any:
    """An index of the spatial axes, which are the last."""
    return (..., *index)
