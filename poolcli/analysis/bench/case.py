"""A step on a map, and the same as kernel, stride and padding for libraries without steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from poolcli.errors import RequestError
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Padding
from poolcli.maps.layout import space_axes
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Step

# Options that other libraries know, beside those of the windows, and of roi-align.
COMMON_OPTIONS = frozenset(
    {"norm", "trim", "of", "period", "count_include_pad", "dtype", "round", "semantics"}
)
ROI_ALIGN_OPTIONS = frozenset({"boxes", "output_size", "sampling_ratio", "aligned"})
OWN_WINDOW_OPTIONS = frozenset({"border", "footprint"})  # that no other library has
# Kinds of windows that a kernel, a stride and a padding may describe.
EVEN = ("sliding", "adaptive", "global")


@dataclass(frozen=True, eq=False)
class Case:
    """A step, a map, and the windows as a number or a pair for each spatial axis.

    `cells` is the output's size. `slides` is True where kernel, stride and padding say all about
    the windows; adaptive and global ones slide where they are blocks of one size.
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
        """The numbers of the spatial axes."""
        return tuple(space_axes(self.layout))

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self.x.shape[axis] for axis in self.axes)

    @property
    def blocks(self) -> bool:
        """Whether the windows lie side by side without padding."""
        return self.slides and self.kernel == self.stride and not self.padded

    @property
    def padded(self) -> bool:
        return any(map(any, self.padding))

    @property
    def aligns(self) -> bool:
        """Whether it is a RoiAlign of one image, which other libraries have."""
        return self.op == "roi-align" and self.boxes.shape[1] == 4 and len(self.planes) == 1

    @property
    def boxes(self) -> Array:
        corners: Array = self.step["boxes"].array.astype(np.float32)
        return corners

    @property
    def special(self) -> str:
        """The flag of an option that only poolcli has, "" where none is used."""
        return self.lacking(frozenset())

    def lacking(self, has: frozenset[str]) -> str:
        """The flag of an option that is used and that a library which has these lacks, or ""."""
        known = COMMON_OPTIONS | self._window_options() | has
        own = next((name for name, _ in self.step.options if name not in known), None)
        return self.step.op.option(own).flag if own else ""

    @property
    def edges(self) -> tuple[str | float, ...]:
        """The border of each axis."""
        edges = self.step["border"] if self._slides else ("clip",)
        return tuple(edges) * (len(self.axes) // len(edges))

    @property
    def footprint(self) -> Array | None:
        """The taps that count, if not all do."""
        place: Any = self.step.place if self._slides else None
        grid = place.grid(self.sizes) if place and place.footprint else None
        return grid.footprint.taps if grid and grid.footprint else None

    @property
    def _slides(self) -> bool:
        return self.step.windows is not None and self.step.windows.name == "sliding"

    def _window_options(self) -> frozenset[str]:
        if self.step.windows is None:
            return ROI_ALIGN_OPTIONS
        names = frozenset(option.name for option in self.step.windows.parameters)
        return names - OWN_WINDOW_OPTIONS

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
        channels_first = result if "N" in self.layout else result[0]
        if "C" not in self.layout:
            return channels_first.squeeze(-1 - len(self.axes))
        return np.moveaxis(channels_first, -1 - len(self.axes), self.layout.index("C"))

    def picked(self, filtered: Array, axes: tuple[int, ...] | None = None) -> Array:
        """The cells among the results of a centred filter at every pixel, as a view."""
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
        """Poolcli's result."""
        ((made,),) = Pipeline((self.step,)).walk(self.fmap)
        return np.ascontiguousarray(made.data)

    def pooling(self, expected: Array) -> Callable[[], Array]:
        """The call that is timed: it writes into an array that exists, like the expected result."""
        pipeline, out = Pipeline((self.step,)), np.empty_like(expected)
        if self.fmap.picture is None:
            return partial(pipeline, self.x, self.layout, out)

        def pooled_image() -> Array:
            list(pipeline.walk(self.fmap, out))
            return out

        return pooled_image


def case_of(step: Step, fmap: FeatureMap) -> Case:
    """The case of a step on a map.

    Raises PoolError where the step does not fit the map, or gives several.
    """
    if step.several:
        raise RequestError(
            f"{step}: gives several maps, and what gives one can be timed side by side"
        )
    fmap = fmap if step.returns_input_values else fmap.expanded()
    fmap = fmap.with_data(
        np.require(fmap.data, requirements="W")
    )  # PyTorch takes no read-only arrays
    (stage,) = Pipeline((step,)).plan(fmap.form)
    cells = tuple(stage.output.space)
    if step.windows is None or step.windows.name not in EVEN:
        return Case(step, fmap, (), (), (), cells, slides=False)
    kernel, stride, sizes = tuple(stage.receptive), tuple(map(int, stage.jump)), stage.input.space
    spans = list(zip(sizes, kernel, stride, cells, strict=True))
    padding = tuple(_pad(step["padding"], axis, span) for axis, span in enumerate(spans))
    has_floor_cells = all(
        (size + sum(pad) - k) // s + 1 == n
        for pad, (size, k, s, n) in zip(padding, spans, strict=True)
    )
    slides = has_floor_cells and set(step["dilation"]) == {1}
    return Case(step, fmap, kernel, stride, padding, cells, slides)


def _pad(padding: Padding, axis: int, span: tuple[int, int, int, int]) -> tuple[int, int]:
    """The padding before and after one axis."""
    if not isinstance(padding, str):
        return padding[axis % len(padding)]
    size, kernel, stride, cells = span
    total = max((cells - 1) * stride + kernel - size, 0) if padding != "valid" else 0
    begin = total // 2 if padding == "same" else total - total // 2
    return begin, total - begin
