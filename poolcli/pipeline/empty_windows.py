"""Which windows have too few pixels that count: none, or fewer than the fraction `min_valid`.

They are those in which the mean of ones, of which only those count, is NaN.
"""

from __future__ import annotations

import numpy as np

from poolcli.engine.operations.pixels import ValueRules, counting
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Frame
from poolcli.pipeline.configuration import Configuration


def empty_windows(step: Configuration, fmap: FeatureMap, rules: ValueRules) -> Array:
    """True for each window of a map in which too few pixels count by the rules."""
    planes, frame = fmap.planes(), fmap.form.frame
    mask = None if rules.mask is None else np.broadcast_to(rules.mask, frame.shape)
    counts = counting(planes, mask, rules)
    border = rules.with_counted_border(planes.dtype)
    border = border.with_border(lambda pixel: pixel._replace(value=1))
    outside = step.windows.outside if step.windows else 0
    return empty_by_mask(
        step, frame, rules._replace(mask=counts, border=border.border, outside=outside)
    )


def empty_by_mask(step: Configuration, frame: Frame, rules: ValueRules) -> Array:
    """True for each window in which the mask of the rules leaves too few pixels."""
    mean = step.like("avg").operation if step.windows else step.bare
    count_rules = ValueRules(
        np.float64,
        mask=rules.mask,
        min_valid=rules.min_valid,
        border=rules.border,
        outside=rules.outside,
    )
    return np.isnan(mean(np.ones(frame.shape), frame, count_rules))
