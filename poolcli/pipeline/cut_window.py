"""A window that is cut into parts: which are read together, and how they are put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from threading import Lock
from typing import NamedTuple

import numpy as np

from poolcli.engine.operations.part_collector import PartCollector
from poolcli.engine.operations.pixels import CountedPixels
from poolcli.engine.operations.window_parts import PartLoad, State, WindowParts
from poolcli.engine.windows.fold_tree import FoldTree, Node
from poolcli.maps.array import Array

Slices = tuple[slice, ...]


class TapGroup(NamedTuple):
    """Parts of a box of a window that are read together: the leaves along each axis."""

    box: int
    leaves: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class CutWindow:
    """The window of one cell, in parts.

    `parts` are how each group of planes is reduced, and `boxes` the taps that are folded by
    themselves, along each axis. They are cut into parts of about `least` taps, of which about
    `most` are read together.
    """

    parts: tuple[WindowParts, ...]
    boxes: tuple[Slices, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]

    def trees(self, box: int) -> tuple[FoldTree, ...]:
        """The cuts of a box along each axis."""
        sizes = (taps.stop - taps.start for taps in self.boxes[box])
        return tuple(map(FoldTree, sizes, self.least))

    @property
    def groups(self) -> Iterator[TapGroup]:
        """What is read at once; along the first axis one follows the other."""
        for box in range(len(self.boxes)):
            for each in product(*self._along(box)[::-1]):
                yield TapGroup(box, each[::-1])

    @property
    def count(self) -> int:
        """How many regions are read."""
        return sum(prod(map(len, self._along(box))) for box in range(len(self.boxes)))

    def _along(self, box: int) -> list[list[tuple[Node, ...]]]:
        pairs = zip(self.trees(box), self.most, strict=True)
        return [[tuple(group) for group in tree.groups(most)] for tree, most in pairs]

    def taps(self, group: TapGroup) -> Slices:
        """The taps of the window that are read together."""
        pairs = zip(self.boxes[group.box], group.leaves, strict=True)
        return tuple(
            slice(box.start + nodes[0].start, box.start + nodes[-1].start + nodes[-1].number)
            for box, nodes in pairs
        )

    def again(self, states: Sequence[State]) -> CutWindow | None:
        """How it is reduced once more where sums overflow; None where they do not."""
        pairs = list(zip(self.parts, states, strict=True))
        found = [part.again(state) for part, state in pairs]
        if all(part is None for part in found):
            return None
        parts = (more or part for more, part in zip(found, self.parts, strict=True))
        return CutWindow(tuple(parts), self.boxes, self.least, self.most)

    def finished(self, states: Sequence[State]) -> tuple[Array, ...]:
        """The results of each group of planes."""
        pairs = zip(self.parts, states, strict=True)
        return tuple(part.finished(state) for part, state in pairs)

    @property
    def load(self) -> PartLoad:
        """The memory that a part takes."""
        return load_of(self.parts)


def load_of(parts: Sequence[WindowParts]) -> PartLoad:
    """The memory that a part takes of all groups of planes."""
    loads = [part.load for part in parts]
    return PartLoad(max(each.pixel for each in loads), max(each.plane for each in loads))


class WindowCollector:
    """Merges the parts of a window as they come, in any order and from any thread."""

    def __init__(self, cut: CutWindow) -> None:
        self._cut = cut
        boxes = range(len(cut.boxes))
        self._collectors = [
            [PartCollector(part, cut.trees(box)) for part in cut.parts] for box in boxes
        ]
        self._found: dict[int, list[State]] = {}
        self._lock = Lock()

    def put(self, group: TapGroup, pixels: Sequence[CountedPixels]) -> list[State] | None:
        """Take parts, of which `pixels` are those of each group of planes.

        The states of the window, if they were the last.
        """
        starts = [nodes[0].start for nodes in group.leaves]
        for leaves in product(*group.leaves):
            pairs = zip(leaves, starts, strict=True)
            at = (
                ...,
                *(
                    slice(leaf.start - first, leaf.start - first + leaf.number)
                    for leaf, first in pairs
                ),
            )
            collectors = zip(self._collectors[group.box], pixels, strict=True)
            states = [each.put(leaves, some.part(at)) for each, some in collectors]
            whole = [state for state in states if state is not None]
            if whole:
                return self._merged(group.box, whole)
        return None

    def _merged(self, box: int, states: list[State]) -> list[State] | None:
        """The states of all boxes, merged in their order, if this was the last."""
        with self._lock:
            self._found[box] = states
            if len(self._found) < len(self._collectors):
                return None
        merged = self._found[0]
        with np.errstate(all="ignore"):
            for number in range(1, len(self._collectors)):
                pairs = zip(self._cut.parts, merged, self._found[number], strict=True)
                merged = [part.merged(first, second) for part, first, second in pairs]
        return merged
