"""A step: what one operation does to a map, and the plan of it without pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import numpy as np

from poolcli.engine.backend.tasks import Load
from poolcli.engine.operations.index import Indexing
from poolcli.engine.operations.operation import Given, Operation, Pooling
from poolcli.engine.operations.pixels import Rules, whole
from poolcli.engine.windows import by_name as windows
from poolcli.errors import RequestError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import WITH_ALPHA, FeatureMap, Form
from poolcli.maps.frame import Frame, Size
from poolcli.pipeline.files import array_of
from poolcli.pipeline.rules import rules_for
from poolcli.pipeline.semantics import PROFILES
from poolcli.pipeline.table import INPUT_SIZE, OPS, PICKS, Op
from poolcli.pipeline.windows import WINDOWS, Windows


@dataclass(frozen=True)
class Stage:
    """What one step will do, or did: a row of the plan and of the report.

    `receptive`, `jump` and `centre` are in pixels of the pipeline's input, one for each spatial axis: how many a cell
    sees, how far the next is, and where the first is, the first pixel being at 0. `operations` counts
    comparisons or additions by the definition, n - 1 for a window of n pixels. `memory` is input and output in bytes.
    """

    step: Step
    input: Form
    output: Form
    receptive: tuple[int, ...]
    jump: tuple[Fraction, ...]
    centre: tuple[Fraction, ...]
    operations: int
    memory: int

    @cached_property
    def load(self) -> Load:
        """The memory that working on it takes."""
        return self.step.load(self.input)


class Layer(NamedTuple):
    """Planes that are pooled together, the operation, and the step in whose words it is told."""

    step: Step
    operation: Operation
    given: Given

    def __call__(self) -> Array:
        return self.operation(*self.given)


@dataclass(frozen=True)
class Step:
    """A reducer with its windows and its rules. `given` are the options that differ from their defaults."""

    several: ClassVar[bool] = False  # whether it gives more maps than one

    op: Op
    windows: Windows | None
    given: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"<step {self}>"

    def __str__(self) -> str:
        shown = [self.op.option(name).show(value) for name, value in self.given]
        return " ".join([self.op.name, *shown])

    def __reduce__(self) -> tuple[Any, ...]:
        return _step_from, (self.op.name, self.given)

    def __getitem__(self, name: str) -> Any:
        """The value of an option."""
        return self._options[name]

    @cached_property
    def _options(self) -> Mapping[str, Any]:
        given = dict(self.given)
        return {**self.op.defaults(given.get("semantics", "poolcli")), **given}

    @cached_property
    def operation(self) -> Operation:
        """What is done to the planes, on the scale and in the light asked for; pixels are counted as they are."""
        if self["emit"]:
            return self.bare
        operation = self.bare
        if self["normalize"]:
            from poolcli.engine.operations.normalize import Normalized

            operation = Normalized(operation, self["normalize"])
        if self["linear"] and not self.keeps:
            from poolcli.engine.operations.srgb import InLinearLight

            operation = InLinearLight(operation)
        return operation

    @cached_property
    def bare(self) -> Operation:
        """What is done to the values as they are."""
        name = PROFILES[self["semantics"]].functions.get(self.op.name, self.op.name)
        make = getattr(import_module(f"poolcli.engine.{self.op.engine}"), name.replace("-", "_"))
        own = {option.name: array_of(self[option.name]) for option in self.op.parameters}
        if self.windows is None:
            operation: Operation = make(**own)
            return operation
        told = {option.name: array_of(self[option.name]) for option in self.windows.parameters}
        return Pooling(getattr(windows, self.windows.place)(**told), partial(make, **own))

    @property
    def parts(self) -> tuple[Step, ...]:
        """The steps whose results it gives, one map each."""
        return (self,)

    def within(self, space: Size) -> Step:
        """The step in a pipeline whose input has this size, which some options may stand for."""
        sized = tuple(
            (option.name, space) for option in self.op.parameters if self[option.name] == INPUT_SIZE
        )
        return replace(self, given=(*self.given, *sized)) if sized else self

    @cached_property
    def keeps(self) -> bool:
        """Gives back values that were there."""
        computed = self["emit"] or self["normalize"]
        return not computed and self.op.keeps(
            {option.name: self[option.name] for option in self.op.parameters}
        )

    def plan(
        self,
        form: Form,
        receptive: tuple[int, ...],
        jump: tuple[Fraction, ...],
        centre: tuple[Fraction, ...],
    ) -> Stage:
        """What this step makes of a map of this form."""
        form = form if self.keeps else form.expanded()
        geometry = self.operation.geometry(form.frame)
        output = form.framed(geometry.frame, np.dtype(self._rules(form).dtype))
        reach = zip(receptive, geometry.window, jump, strict=True)
        seen = tuple(int(field + (window - 1) * step) for field, window, step in reach)
        strides = tuple(step * stride for step, stride in zip(jump, geometry.stride, strict=True))
        middle = tuple(
            at + step * off for at, step, off in zip(centre, jump, geometry.centre, strict=True)
        )
        return Stage(
            self,
            form,
            output,
            seen,
            strides,
            middle,
            geometry.operations,
            form.nbytes + output.nbytes,
        )

    def load(self, form: Form) -> Load:
        """The memory that working on a map of this form takes."""
        form = form if self.keeps else form.expanded()
        return self.operation.load(
            form.frame, form.dtype, self._rules(form), weighed=form.mode in WITH_ALPHA
        )

    def __call__(self, fmap: FeatureMap) -> FeatureMap:
        """The pooled map."""
        fmap = fmap if self.keeps else fmap.expanded()
        return self._pooled(fmap, self._rules(fmap.form))

    def indices(self, fmap: FeatureMap) -> FeatureMap:
        """Which pixel each result is: its flat index, -1 where a window is empty."""
        self.check_indices()
        indexing = Indexing(self["index_order"], PROFILES[self["semantics"]].index_of_nan)
        return self._pooled(
            fmap, self._rules(fmap.form)._replace(dtype=np.int64, indexing=indexing)
        )

    def _pooled(self, fmap: FeatureMap, rules: Rules) -> FeatureMap:
        frame = fmap.form.frame
        geometry = self.operation.geometry(frame)
        made = fmap.with_planes(self._planes(fmap, rules, geometry.frame), geometry.frame)
        return made.scaled(geometry.stride if geometry.frame.batch == frame.batch else ())

    def layers(self, fmap: FeatureMap) -> tuple[FeatureMap, list[Layer]]:
        """The map as the step takes it, and what is pooled together: all of it, or its colours and its alpha."""
        fmap = fmap if self.keeps else fmap.expanded()
        return fmap, self._layers(fmap, self._rules(fmap.form))

    def _planes(self, fmap: FeatureMap, rules: Rules, result: Frame) -> Array:
        pooled, *alpha = [layer() for layer in self._layers(fmap, rules)]
        return self._joined(pooled, alpha[0], fmap.form.frame, result) if alpha else pooled

    def _layers(self, fmap: FeatureMap, rules: Rules) -> list[Layer]:
        """Colours and alpha apart: a colour counts by its alpha where the formula divides by n, else if it shows.

        Alpha is pooled as a colour where values are kept, else averaged, or as an operation of other windows does.
        """
        frame, planes = fmap.form.frame, fmap.planes()
        moves_pixels = self.keeps and self.windows not in WINDOWS
        if moves_pixels or not (fmap.picture and fmap.picture.has_alpha):
            return [Layer(self, self.operation, (planes, frame, rules, self._beside(fmap)))]
        colours, alpha = np.split(planes, [-1], axis=-1 - len(frame.space))
        seen = (
            None
            if rules.mask is None
            else np.split(rules.mask, [-1], axis=-1 - len(frame.space))[0]
        )
        weights = np.broadcast_to(
            whole(alpha) if self.op.weighs else (alpha > 0).astype(np.uint8), colours.shape
        )
        inks = frame._replace(channels=colours.shape[-1 - len(frame.space)])
        cover = self._like("avg") if self.windows in WINDOWS and not self.keeps else self
        return [
            Layer(self, self.operation, (colours, inks, rules._replace(mask=seen), weights)),
            Layer(cover, cover.bare, (alpha, frame._replace(channels=1), rules.for_alpha(), None)),
        ]

    def check_indices(self) -> None:
        """RequestError where a result is no pixel of its window."""
        if not self.op.indexed:
            names = ", ".join(op.name for op in OPS.values() if op.indexed)
            raise RequestError(f"{self.op.name} has no indices: {names} have")
        if not self.keeps:
            computed = next(
                (f"leave --{name} out" for name in ("emit", "normalize") if self[name]), None
            )
            cure = computed or f"give --interpolation {', '.join(PICKS[:-1])} or {PICKS[-1]}"
            raise RequestError(
                f"{self.op.name} gives values that are no pixels, and have no index: {cure}"
            )

    def _beside(self, fmap: FeatureMap) -> Array | None:
        """The array that lies over the map, if the operation takes one."""
        if self.op.beside is None:
            return None
        given = self[self.op.beside.name]
        try:
            return fmap.planes_of(given.of(fmap.name))
        except ShapeError as error:
            raise ShapeError(f"{self.op.beside.flag} {given.text}: {error}") from None

    def _like(self, op: str) -> Step:
        """Another reducer over the same windows."""
        told = (
            tuple((option.name, self[option.name]) for option in self.windows.parameters)
            if self.windows
            else ()
        )
        return replace(self, op=OPS[op], given=told)

    def _joined(self, colours: Array, alpha: Array, frame: Frame, result: Frame) -> Array:
        """Colours and alpha as channels again, or laid out flat as the windows lay out the numbers of the channels."""
        if result.space:
            return np.concatenate([colours, alpha], axis=-1 - len(result.space))
        last = (frame.channels or 1) - 1
        channels = self.channels(frame)
        out = np.empty(result.shape, colours.dtype)
        out[channels < last], out[channels == last] = colours.ravel(), alpha.ravel()
        return out

    def channels(self, frame: Frame) -> Array:
        """The channel that each number of the result is of."""
        numbers = np.arange(frame.channels or 1).reshape(-1, *(1,) * len(frame.space))
        return self._like("max").operation(
            np.broadcast_to(numbers, frame.shape), frame, Rules(np.int64)
        )

    def _rules(self, form: Form) -> Rules:
        return rules_for(self, form)


def _step_from(name: str, given: tuple[tuple[str, Any], ...]) -> Step:
    """What pickling keeps of a step is what it was told."""
    from poolcli.pipeline import parser as recipe

    return recipe.step(name, dict(given))
