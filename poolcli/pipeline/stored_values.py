"""What counts by the values of a file, where a step works on the colours they stand for.

A nodata value is an index of a palette, or a bit, for all operations, as it is for those that
return values of their input.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.engine.operations.pixels import ValueRules, check_nodata, counting
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.alpha import channel_numbers
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.empty_windows import empty_by_mask


class StoredNodata(NamedTuple):
    """The rules for the colours of a map, and the colour that stands for its nodata value."""

    rules: ValueRules
    colour: Array

    def filled(self, step: Configuration, taken: FeatureMap, planes: Array) -> Array:
        """Results, with the colour in windows where nothing counts."""
        if self.rules.emit:
            return planes
        rules = self.rules._replace(border=(), outside=0)
        is_empty = empty_by_mask(step, taken.form.frame, rules)
        numbers = _channels(step, taken)
        if taken.picture is not None and taken.picture.has_alpha:
            is_empty &= numbers < len(self.colour) - 1
        return np.where(is_empty, self.colour[numbers].astype(planes.dtype), planes)


def _channels(step: Configuration, taken: FeatureMap) -> Array:
    """The channel of each number of the result, or the only one."""
    frame = taken.form.frame
    if frame.channels is None:
        return np.zeros((), np.int64)
    if step.windows is not None:
        return channel_numbers(step, frame)
    return np.arange(frame.channels).reshape(-1, *(1,) * len(frame.space))


def stored_nodata(stored: FeatureMap, taken: FeatureMap, rules: ValueRules) -> StoredNodata | None:
    """Rules that leave out the nodata of the map before its values became colours, if it has."""
    if stored is taken or not rules.nodata:
        return None
    check_nodata(rules.nodata, stored.data.dtype)
    frame = taken.form.frame
    counts = counting(stored.planes(), None, ValueRules(rules.dtype, nodata=rules.nodata))
    assert counts is not None
    if frame.channels is not None:
        counts = np.expand_dims(counts, -1 - len(frame.space))
    mask = counts if rules.mask is None else counts & rules.mask
    first = stored.data.dtype.type(rules.nodata[0])
    pixel = stored.with_data(np.full((1,) * stored.data.ndim, first)).expanded()
    changed = rules._replace(mask=np.broadcast_to(mask, frame.shape), nodata=(), empty=0)
    return StoredNodata(changed, pixel.data.ravel())
