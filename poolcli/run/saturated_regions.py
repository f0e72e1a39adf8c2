"""Results that saturate, counted once where regions overlap.

The cells of a step that two regions need are made twice. They are counted for the first of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.saturation import counting_saturated, note_saturated
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.step import Stage
from poolcli.run.region_plan import RegionPlan


@dataclass(frozen=True)
class OwnedCells:
    """Which cells of each step a piece of a map is the first to need."""

    plan: RegionPlan

    def of(self, region: Region, step: int) -> Numbers:
        """The cells after a step, by the letters of its axes; none along one of these if empty."""
        needed = self.plan.need.numbers_of(region)
        assert needed is not None, "only regions that can be made are planned"
        letters = self.plan.need.planned.header.layout
        owned = {
            letter: self._firsts[axis][span.start][step]
            for axis, (letter, span) in enumerate(zip(letters, region, strict=True))
        }
        wanted = needed[step + 1]
        return {
            letter: np.intersect1d(wanted[letter], owned[letter][letter])
            if letter in owned
            else wanted[letter]
            for letter in wanted
        }

    @cached_property
    def _firsts(self) -> list[dict[int, list[Numbers]]]:
        """For each axis, by the start of a piece along it: what it is the first to need.

        What is needed along an axis depends on it alone.
        """
        return [self._along(axis) for axis in range(len(self.plan.need.shape))]

    def _along(self, axis: int) -> dict[int, list[Numbers]]:
        need, found = self.plan.need, {}
        seen: list[dict[str, Array]] = [{} for _ in need.stages]
        for start, stop in self._spans(axis):
            region = tuple(
                slice(start, stop) if at == axis else slice(0, 1) for at in range(len(need.shape))
            )
            numbers = need.numbers_of(region)
            assert numbers is not None, "only regions that can be made are planned"
            firsts: list[Numbers] = []
            for known, wanted in zip(seen, numbers[1:], strict=True):
                none = np.zeros(0, np.int64)
                new = {
                    letter: np.setdiff1d(each, known.get(letter, none))
                    for letter, each in wanted.items()
                }
                for letter, each in new.items():
                    known[letter] = np.union1d(known.get(letter, none), each)
                firsts.append(new)
            found[start] = firsts
        return found

    def _spans(self, axis: int) -> list[tuple[int, int]]:
        """The pieces along an axis, those of each block in turn."""
        size, block, piece = (
            self.plan.need.shape[axis],
            self.plan.block[axis],
            self.plan.piece[axis],
        )
        return [
            (start, min(start + piece, begin + block, size))
            for begin in range(0, size, block)
            for start in range(begin, min(begin + block, size), piece)
        ]


def pooled_part(
    stage: Stage, part: MapPart, wanted: Numbers, piece: tuple[OwnedCells, Region, int]
) -> FeatureMap:
    """A region of a step's result, of which cells that saturate are noted once.

    `piece` says for which region of the map's result it is made, and which step it is.
    """
    owned, region, step = piece
    with counting_saturated() as found:
        made = stage.step.pool_part(part, wanted)
    if found:
        first = owned.of(region, step)
        if not all(each.size for each in first.values()):
            return made
        if any(first[letter].size < wanted[letter].size for letter in wanted):
            with counting_saturated() as found:
                stage.step.pool_part(part, first)
    for dtype, number in found.items():
        note_saturated(dtype, number)
    return made
