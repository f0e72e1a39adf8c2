"""One step on one map, and the same in numbers for those who know no steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from poolcli.errors import RequestError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Padding
from poolcli.maps.layout import space_axes
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step

USUAL = frozenset(
    {"norm", "count_include_pad", "dtype", "round", "semantics"}
)  # others are poolcli's own
EVEN = (
    "sliding",
    "adaptive",
    "global",
)  # windows that a kernel, a stride and a padding may describe
ALIGNS = frozenset(
    {"boxes", "output_size", "sampling_ratio", "aligned"}
)  # what others know of roi-align


@dataclass(frozen=True, eq=False)
class Case:
    """`kernel`, `stride` and `padding` have a number or a pair for each spatial axis; `cells` is the output's size.

    `slides`: these numbers say all about the windows, as they do where adaptive and global ones are equal blocks.
    """

    step: Step
    fmap: FeatureMap
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    cells: tuple[int, ...]
    slides: bool

    @property
    def op(self) -> str:
        return self.step.op.name

    @property
    def x(self) -> Array:
        return self.fmap.data

    @property
    def layout(self) -> str:
        return self.fmap.layout

    @cached_property
    def axes(self) -> tuple[int, ...]:
        """Where the spatial axes are."""
        return tuple(space_axes(self.layout))

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self.x.shape[axis] for axis in self.axes)

    @property
    def blocks(self) -> bool:
        """Windows lie side by side, without padding."""
        return self.slides and self.kernel == self.stride and not self.padded

    @property
    def padded(self) -> bool:
        return any(map(any, self.padding))

    @property
    def aligns(self) -> bool:
        """It is a RoiAlign as others have it, on one image."""
        return self.op == "roi-align" and self.boxes.shape[1] == 4 and len(self.planes) == 1

    @property
    def boxes(self) -> Array:
        corners: Array = self.step["boxes"].array.astype(np.float32)
        return corners

    @property
    def special(self) -> str:
        """An option that only poolcli has, if it is used."""
        windows = (
            {option.name for option in self.step.windows.parameters}
            if self.step.windows
            else ALIGNS
        )
        own = next((name for name, _ in self.step.options if name not in windows | USUAL), None)
        return self.step.op.option(own).flag if own else ""

    @cached_property
    def planes(self) -> Array:
        """The array as (N, C, *space), contiguous."""
        return np.ascontiguousarray(self.planed(self.x))

    def planed(self, array: Array) -> Array:
        """An array in the layout of the map as (N, C, *space)."""
        channels = self.layout.find("C")
        planes = np.moveaxis(array, channels, -1 - len(self.axes)) if channels >= 0 else array
        for letter, axis in (("C", -1 - len(self.axes)), ("N", 0)):
            planes = planes if letter in self.layout else np.expand_dims(planes, axis)
        return planes

    def unplaned(self, result: Array) -> Array:
        """A result (N, C, *space) in the layout of the map."""
        plain = result if "N" in self.layout else result[0]
        if "C" not in self.layout:
            return plain.squeeze(-1 - len(self.axes))
        return np.moveaxis(plain, -1 - len(self.axes), self.layout.index("C"))

    def picked(self, filtered: Array, axes: tuple[int, ...] | None = None) -> Array:
        """The windows of a stride-1 filter whose result lies in the middle of its window, as a view."""
        index = [slice(None)] * filtered.ndim
        spans = zip(
            axes or self.axes, self.kernel, self.stride, self.padding, self.cells, strict=True
        )
        for axis, kernel, stride, (begin, _), cells in spans:
            first = kernel // 2 - begin
            index[axis] = slice(first, first + (cells - 1) * stride + 1, stride)
        picked: Array = filtered[tuple(index)]
        return picked

    def pool(self) -> Array:
        """What poolcli gives."""
        ((made,),) = Pipeline((self.step,)).walk(self.fmap)
        return np.ascontiguousarray(made.data)


def case_of(step: Step, fmap: FeatureMap) -> Case:
    """The case of a step that gives one map; PoolError where it does not fit."""
    if step.several:
        raise RequestError(
            f"{step}: gives several maps, and what gives one can be timed side by side"
        )
    fmap = fmap if step.keeps else fmap.expanded()
    fmap = fmap.with_data(np.require(fmap.data, requirements="W"))  # some peers take nothing else
    (stage,) = Pipeline((step,)).plan(fmap.form)
    cells = tuple(stage.output.space)
    if step.windows is None or step.windows.name not in EVEN:
        return Case(step, fmap, (), (), (), cells, slides=False)
    kernel, stride, sizes = tuple(stage.receptive), tuple(map(int, stage.jump)), stage.input.space
    spans = list(zip(sizes, kernel, stride, cells, strict=True))
    padding = tuple(_pad(step["padding"], axis, span) for axis, span in enumerate(spans))
    regular = all(
        (size + sum(pad) - k) // s + 1 == n
        for pad, (size, k, s, n) in zip(padding, spans, strict=True)
    )
    return Case(
        step, fmap, kernel, stride, padding, cells, regular and set(step["dilation"]) == {1}
    )


def _pad(padding: Padding, axis: int, span: tuple[int, int, int, int]) -> tuple[int, int]:
    """Padding before and after one axis."""
    if not isinstance(padding, str):
        return padding[axis % len(padding)]
    size, kernel, stride, cells = span
    total = max((cells - 1) * stride + kernel - size, 0) if padding != "valid" else 0
    begin = total // 2 if padding == "same" else total - total // 2
    return begin, total - begin
