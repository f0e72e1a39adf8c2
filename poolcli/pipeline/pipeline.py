"""Pipelines: steps one after another, and the plan of them without pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from poolcli.errors import PoolError, RequestError
from poolcli.maps.feature_map import FeatureMap, Form, check_values
from poolcli.maps.layout import check_layout, default_layout, shape_words
from poolcli.pipeline.step import Stage, Step

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Pipeline:
    """Steps, one after another. Prints as the text that makes it.

    >>> from poolcli.pipeline.parser import parse
    >>> pipeline = parse("max -k 3 -s 2 | avg --global")
    >>> print(pipeline)
    max -k 3 -s 2 | avg --global
    >>> pipeline(np.arange(49.0).reshape(7, 7))
    array([[32.]])
    """

    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        return f"<pipeline {self}>"

    def __str__(self) -> str:
        return " | ".join(map(str, self.steps))

    @property
    def several(self) -> bool:
        """Whether it gives several maps."""
        return any(step.several for step in self.steps)

    @property
    def outputs(self) -> int:
        """How many maps it makes of one."""
        return prod(len(step.parts) for step in self.steps)

    def __call__(self, x: ArrayLike, layout: str | None = None) -> Any:
        """Pool an array whose axes are `layout` (by default L, HW, CHW, NCHW, NCDHW, by their number).

        The result is an array, or a tuple of arrays where a step gives several.
        """
        *_, maps = self.walk(as_map(x, layout))
        arrays = tuple(np.ascontiguousarray(one.data) for one in maps)
        return arrays if self.several else arrays[0]

    def indices(self, fmap: FeatureMap) -> FeatureMap:
        """Which pixel of its input each result of the last step is."""
        *_, (last, *more) = ((fmap,), *Pipeline(self.steps[:-1]).walk(fmap))
        if more:
            raise RequestError(
                f"{self}: indices are those of one map, and there are {len(more) + 1}"
            )
        with self._naming(len(self.steps) - 1, last.form):
            return self.steps[-1].indices(last)

    def walk(self, fmap: FeatureMap) -> Iterator[tuple[FeatureMap, ...]]:
        """What there is after each step: one map, or several once a step has given several."""
        space = fmap.form.space
        maps: tuple[FeatureMap, ...] = (fmap,)
        for number, step in enumerate(self.steps):
            maps = tuple(
                made for one in maps for made in self._made(number, step.within(space).parts, one)
            )
            yield maps

    def _made(self, number: int, parts: tuple[Step, ...], fmap: FeatureMap) -> list[FeatureMap]:
        with self._naming(number, fmap.form):
            made = [part(fmap) for part in parts]
        if len(made) == 1:
            return made
        levels = enumerate(zip(made, parts, strict=True), start=1)
        return [
            replace(one, name=f"{one.name}-{part.op.name}{level}".lstrip("-"))
            for level, (one, part) in levels
        ]

    def plan(self, form: Form) -> tuple[Stage, ...]:
        """What each step will make of a map of this form: a `Stage` for each map that a step gives."""
        space, axes = form.space, len(form.space)
        planned: list[Stage] = []
        heads = [(form, (1,) * axes, (Fraction(1),) * axes, (Fraction(0),) * axes)]
        for number, step in enumerate(self.steps):
            stages: list[Stage] = []
            for head in heads:
                with self._naming(number, head[0]):
                    stages += [part.plan(*head) for part in step.within(space).parts]
            heads = [(stage.output, stage.receptive, stage.jump, stage.centre) for stage in stages]
            planned += stages
        return tuple(planned)

    @contextmanager
    def _naming(self, number: int, form: Form) -> Iterator[None]:
        """Add to an error which step it was, and what came in."""
        try:
            yield
        except PoolError as error:
            which = (
                f"step {number + 1} ({self.steps[number]})"
                if len(self.steps) > 1
                else str(self.steps[number])
            )
            raise type(error)(
                f"{which}: {error} (input {shape_words(form.shape)} {form.layout})"
            ) from None


def as_map(x: ArrayLike, layout: str | None = None) -> FeatureMap:
    """An array as a map, its axes as the layout or their number says."""
    data = np.asarray(x)
    fmap = FeatureMap(
        data, check_layout(layout, data.ndim) if layout else default_layout(data.ndim)
    )
    check_values(data.dtype, fmap.form.space)
    return fmap
