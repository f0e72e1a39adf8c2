"""A line made ready: its array, what poolcli will do, and the same in numbers for peers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import poolcli
from benchmarks.lines import Line, boxes


@dataclass(frozen=True)
class Case:
    """`kernel`, `stride` and `padding` have a number or a pair for each spatial axis; `cells` is the output's size.

    `slides`: these numbers say all about the windows, as they do where adaptive and global ones are equal blocks.
    """

    line: Line
    x: np.ndarray
    pipeline: Any
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    cells: tuple[int, ...]
    slides: bool
    boxes: np.ndarray | None = None

    @property
    def step(self) -> Any:
        return self.pipeline.steps[0]

    @property
    def op(self) -> str:
        return self.step.op.name

    @property
    def layout(self) -> str:
        return self.line.data.layout

    @cached_property
    def axes(self) -> tuple[int, ...]:
        """Where the spatial axes are."""
        return tuple(axis for axis, letter in enumerate(self.layout) if letter in "DHWL")

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

    @cached_property
    def planes(self) -> np.ndarray:
        """The array as (N, C, *space), contiguous."""
        channels = self.layout.find("C")
        x = np.moveaxis(self.x, channels, -1 - len(self.axes)) if channels >= 0 else self.x[None]
        return np.ascontiguousarray(x if "N" in self.layout else x[None])

    def unplaned(self, result: np.ndarray) -> np.ndarray:
        """A result (N, C, *space) in the layout of the line."""
        x = result if "N" in self.layout else result[0]
        return np.moveaxis(x, -1 - len(self.axes), self.layout.find("C")) if "C" in self.layout else x[0]

    def picked(self, filtered: np.ndarray, axes: tuple[int, ...] | None = None) -> np.ndarray:
        """The windows of a stride-1 filter whose result lies in the middle of its window, as a view."""
        index = [slice(None)] * filtered.ndim
        spans = zip(axes or self.axes, self.kernel, self.stride, self.padding, self.cells, strict=True)
        for axis, kernel, stride, (begin, _), cells in spans:
            first = kernel // 2 - begin
            index[axis] = slice(first, first + (cells - 1) * stride + 1, stride)
        return filtered[tuple(index)]

    def pool(self) -> np.ndarray:
        """What poolcli gives."""
        return self.pipeline(self.x, self.layout)


@contextmanager
def opened(line: Line, most: int | None = None) -> Iterator[Case]:
    """The case of a line; its boxes are in a file as long as it is open. PoolError where poolcli cannot (yet)."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "boxes.npy"
        corners = boxes(*line.data.sizes(most)[-2:]) if "BOXES" in line.text else None
        if corners is not None:
            np.save(file, corners)
        pipeline = poolcli.parse(line.text.replace("BOXES", str(file)))
        yield _case(line, line.data.make(most), pipeline, corners)


def _case(line: Line, x: np.ndarray, pipeline: Any, corners: np.ndarray | None) -> Case:
    stage = poolcli.plan(pipeline, x.shape, x.dtype, line.data.layout)[0]
    step, cells = stage.step, tuple(stage.output.space)
    if step.windows is None:
        return Case(line, x, pipeline, (), (), (), cells, slides=False, boxes=corners)
    kernel, stride = tuple(stage.receptive), tuple(int(jump) for jump in stage.jump)
    padding = tuple(step["padding"]) * (len(cells) // len(step["padding"]))
    spans = zip(stage.input.space, kernel, stage.jump, padding, cells, strict=True)
    slides = all((size + sum(pad) - k) // s + 1 == n for size, k, s, pad, n in spans)
    return Case(line, x, pipeline, kernel, stride, padding, cells, slides and step["dilation"] == (1,))
