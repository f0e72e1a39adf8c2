"""The cell of a step's result, found again in the group that computes it: colours or alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Frame, Size
from poolcli.pipeline.alpha import PlaneGroup, channel_numbers
from poolcli.pipeline.step import Step


@dataclass(frozen=True)
class GroupCell:
    """A group, the index of a cell in its result, and its channel if the group is alpha."""

    group: PlaneGroup
    index: Size
    alpha: int | None = None

    @property
    def frame(self) -> Frame:
        frame: Frame = self.group.arguments[1]
        return frame

    def batch_and_channel(self, plane: Size) -> tuple[int | None, int | None]:
        """A plane of the group as batch and channel of the map."""
        numbers = iter(plane)
        sizes = (self.frame.batch, self.frame.channels)
        batch, channel = (None if size is None else next(numbers) for size in sizes)
        return batch, channel if self.alpha is None else self.alpha


def group_cell(step: Step, fmap: FeatureMap, index: Size) -> GroupCell:
    """The group that computes a cell of the step's result, and the cell in it."""
    taken, groups = step.groups(fmap)
    if len(groups) == 1:
        return GroupCell(groups[0], index)
    frame = taken.form.frame
    result = step.operation.geometry(frame).frame
    if not result.space:
        return _flattened_cell(step, groups, index, frame)
    alpha, axis = (frame.channels or 1) - 1, len(result.lead) - 1
    if index[axis] < alpha:
        return GroupCell(groups[0], index)
    return GroupCell(groups[1], (*index[:axis], 0, *index[axis + 1 :]), alpha)


def _flattened_cell(
    step: Step, groups: Sequence[PlaneGroup], index: Size, frame: Frame
) -> GroupCell:
    """The cell of a spatial pyramid, whose flat result has alpha among the colours."""
    channels, alpha = channel_numbers(step, frame), (frame.channels or 1) - 1
    is_alpha = bool(channels[index] == alpha)
    in_group = ((channels == alpha) == is_alpha).ravel()
    group = groups[is_alpha]
    shape = group.operation.geometry(group.arguments[1]).frame.shape
    number = in_group[: int(np.ravel_multi_index(index, channels.shape))].sum()
    own_index = tuple(map(int, np.unravel_index(number, shape)))
    return GroupCell(group, own_index, alpha if is_alpha else None)
