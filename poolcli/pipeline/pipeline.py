"""Pipelines: steps one after another, and the plan of them without values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.errors import OptionTypeError, PoolError, RequestError
from poolcli.maps.array import Array
from poolcli.maps.array_like import input_array
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import FeatureMap, Form, check_values
from poolcli.maps.layout import channels_last_hint, check_layout, default_layout, shape_words
from poolcli.pipeline.receptive_field import ReceptiveField
from poolcli.pipeline.step import Stage, Step

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Maps = tuple[FeatureMap, ...]


@dataclass(frozen=True)
class Pipeline:
    """Steps that run one after another. Call it with an array; it prints as the text that makes it.

    Attributes
    ----------
    steps : tuple of Step
        The steps, in their order.

    >>> import numpy as np, poolcli
    >>> pipeline = poolcli.parse("max --kernel 3 -s 2 | avg --global")
    >>> print(pipeline)
    max -k 3 -s 2 | avg --global
    >>> pipeline(np.arange(49.0).reshape(7, 7))
    array([[32.]])
    >>> pipeline == poolcli.parse(str(pipeline))
    True
    """

    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        return f"<pipeline {self}>"

    def __str__(self) -> str:
        return " | ".join(map(str, self.steps))

    @cached_property
    def several(self) -> bool:
        """Whether it makes several maps of one."""
        return any(step.several for step in self.steps)

    @property
    def outputs(self) -> int | None:
        """How many maps it makes of one; None where that depends on the map."""
        counts = [step.count for step in self.steps]
        return None if None in counts else prod(filter(None, counts))

    def __call__(self, x: ArrayLike, layout: str | None = None, out: Array | None = None) -> Any:
        """Pool an array.

        Parameters
        ----------
        x : array_like
            An array of 1 to 5 axes.
        layout : str, optional
            A letter for each axis: N (batch), C (channels), D, H, W (space) or L (a line). By
            default L, HW, CHW, NCHW or NCDHW, by the number of axes.
        out : ndarray, optional
            Where the last step puts its result, of its shape, and of a dtype it can be cast to as
            ``same_kind``.

        Returns
        -------
        ndarray or tuple of ndarray
            The result, its axes in the order of `x`; a tuple where a step makes several maps.

        Raises
        ------
        PoolError
            As `poolcli.pool`.
        """
        *_, maps = self.walk(as_map(x, layout), out)
        if out is not None:
            return out
        arrays = [np.ascontiguousarray(one.data) for one in maps]
        return tuple(arrays) if self.several else arrays[0]

    def indices(self, fmap: FeatureMap) -> FeatureMap:
        """Return which pixel of its input each result of the last step is."""
        last = self._before_last(fmap)
        try:
            return self.steps[-1].indices(last)
        except PoolError as error:
            raise self._named(error, len(self.steps) - 1, last.form) from None

    def values_and_indices(self, fmap: FeatureMap) -> tuple[FeatureMap, FeatureMap]:
        """Return the pooled map, and which pixel of its input each result of the last step is."""
        *_, (values, indices) = self.walk(fmap, indices=True)
        return values, indices

    def values_and_empty(self, fmap: FeatureMap) -> tuple[tuple[FeatureMap, FeatureMap], ...]:
        """Return the maps of a single step, each with True where a window has no valid pixel."""
        (step,) = self.steps
        try:
            parts = step.within(fmap.form).parts_of(fmap.form)
            return tuple(part.values_and_empty(fmap) for part in parts)
        except PoolError as error:
            raise self._named(error, 0, fmap.form) from None

    def walk(
        self, fmap: FeatureMap, out: Array | None = None, *, indices: bool = False
    ) -> Iterator[Maps]:
        """Yield the maps after each step: one, or several once a step has made several.

        The last step writes to `out` if that is an array. If `indices` are asked for, its map is
        followed by the one that says which pixel each result is.
        """
        if out is not None and self.several:
            raise RequestError(f"{self} makes several arrays, and `out` is one: leave it out")
        last = len(self.steps) - 1
        maps: Maps = (fmap,)
        for number, whole in enumerate(self.steps):
            step = whole.within(fmap.form)
            if indices and number == last:
                maps = self._indexed(step, maps)
            elif len(maps) == 1 and not step.several:
                target = out if number == last else None
                maps = (self._made(number, step, maps[0], target),)
            else:
                maps = tuple(made for one in maps for made in self._levels(number, step, one))
            yield maps

    def plan(self, form: Form) -> tuple[Stage, ...]:
        """Return a `Stage` for each map that each step makes of a map of this form."""
        chains = self.chains(form)
        stages = (chain[number] for number in range(len(self.steps)) for chain in chains)
        return tuple({id(stage): stage for stage in stages}.values())

    def chains(self, form: Form) -> list[tuple[Stage, ...]]:
        """Return the stages of each result that it makes of a map of this form."""
        chains: list[tuple[Stage, ...]] = [()]
        for number, step in enumerate(self.steps):
            chains = [
                (*chain, stage)
                for chain in chains
                for stage in self._stages(number, step.within(form), form, chain)
            ]
        return chains

    def _before_last(self, fmap: FeatureMap) -> FeatureMap:
        """The input of the last step."""
        *_, maps = ((fmap,), *Pipeline(self.steps[:-1]).walk(fmap))
        return self._only(maps)

    def _only(self, maps: Maps) -> FeatureMap:
        """The one map that the last step pools; RequestError where there are several."""
        if len(maps) > 1:
            raise RequestError(f"{self}: indices are those of one map, and there are {len(maps)}")
        return maps[0]

    def _indexed(self, step: Step, maps: Maps) -> Maps:
        """What the last step makes of a map, and which pixel each result is."""
        fmap = self._only(maps)
        try:
            return step.values_and_indices(fmap)
        except PoolError as error:
            raise self._named(error, len(self.steps) - 1, fmap.form) from None

    def _made(
        self, number: int, part: Step, fmap: FeatureMap, out: Array | None = None
    ) -> FeatureMap:
        try:
            return part(fmap, out)
        except PoolError as error:
            raise self._named(error, number, fmap.form) from None

    def _levels(self, number: int, step: Step, fmap: FeatureMap) -> list[FeatureMap]:
        """The maps that a step makes of one; several are named by the operation and a number."""
        parts = self._parts(number, step, fmap.form)
        made = [self._made(number, part, fmap) for part in parts]
        if len(made) == 1:
            return made
        levels = enumerate(zip(made, parts, strict=True), start=1)
        return [
            replace(one, name=f"{one.name}-{part.op.name}{level}".lstrip("-"))
            for level, (one, part) in levels
        ]

    def _parts(self, number: int, step: Step, form: Form) -> tuple[Step, ...]:
        try:
            return step.parts_of(form)
        except PoolError as error:
            raise self._named(error, number, form) from None

    def _stages(
        self, number: int, step: Step, form: Form, before: tuple[Stage, ...]
    ) -> list[Stage]:
        """The stages of a step behind others, a stage for each map that it makes."""
        if before:
            form, field = before[-1].output, before[-1].field
        else:
            field = ReceptiveField.of_pixels(len(form.space))
        parts = self._parts(number, step, form)
        try:
            return [part.plan(form, field) for part in parts]
        except PoolError as error:
            raise self._named(error, number, form) from None

    def _named(self, error: PoolError, number: int, form: Form) -> PoolError:
        """The error, with which step it was and what came in."""
        step = self.steps[number]
        which = f"step {number + 1} ({step})" if len(self.steps) > 1 else str(step)
        shape = shape_words(form.shape)
        hint = "" if number else channels_last_hint(form.layout, form.shape)
        return type(error)(f"{which}: {error} (input {shape} {form.layout}{hint})")


def as_map(x: ArrayLike, layout: str | None = None) -> FeatureMap:
    """Return an array as a map, its axes named by the layout or by their number."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise OptionTypeError(
            "a pipeline does not know masked arrays: give the steps a `mask`, or use poolcli.pool"
        )
    data = input_array(x)
    letters = check_layout(layout, data.ndim) if layout else default_layout(data.ndim)
    fmap = FeatureMap(data, letters)
    check_values(data.dtype, fmap.form.space)
    return fmap
