"""The cell of a step's result, found again in the layer that computes it: colours or alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Frame, Size
from poolcli.pipeline.step import Layer, Step


@dataclass(frozen=True)
class LayerCell:
    """A layer, the index of a cell in its result, and its channel if the layer is alpha."""

    layer: Layer
    index: Size
    alpha: int | None = None

    @property
    def frame(self) -> Frame:
        frame: Frame = self.layer.arguments[1]
        return frame

    def batch_and_channel(self, plane: Size) -> tuple[int | None, int | None]:
        """A plane of the layer as batch and channel of the map."""
        numbers = iter(plane)
        sizes = (self.frame.batch, self.frame.channels)
        batch, channel = (None if size is None else next(numbers) for size in sizes)
        return batch, channel if self.alpha is None else self.alpha


def layer_cell(step: Step, fmap: FeatureMap, index: Size) -> LayerCell:
    """The layer that computes a cell of the step's result, and the cell in it."""
    taken, layers = step.layers(fmap)
    if len(layers) == 1:
        return LayerCell(layers[0], index)
    frame = taken.form.frame
    result = step.operation.geometry(frame).frame
    if not result.space:
        return _flattened_cell(step, layers, index, frame)
    alpha, axis = (frame.channels or 1) - 1, len(result.lead) - 1
    if index[axis] < alpha:
        return LayerCell(layers[0], index)
    return LayerCell(layers[1], (*index[:axis], 0, *index[axis + 1 :]), alpha)


def _flattened_cell(step: Step, layers: Sequence[Layer], index: Size, frame: Frame) -> LayerCell:
    """The cell of a spatial pyramid, whose flat result has alpha among the colours."""
    channels, alpha = step.channels(frame), (frame.channels or 1) - 1
    is_alpha = bool(channels[index] == alpha)
    in_layer = ((channels == alpha) == is_alpha).ravel()
    layer = layers[is_alpha]
    shape = layer.operation.geometry(layer.arguments[1]).frame.shape
    number = in_layer[: int(np.ravel_multi_index(index, channels.shape))].sum()
    own_index = tuple(map(int, np.unravel_index(number, shape)))
    return LayerCell(layer, own_index, alpha if is_alpha else None)
