"""An image's colours and its alpha, which are pooled apart and joined again."""

from __future__ import annotations

import numpy as np

from poolcli.engine.operations.operation import Arguments
from poolcli.engine.operations.pixels import ValueRules, whole
from poolcli.maps.array import Array
from poolcli.maps.frame import Frame


def split(
    planes: Array, frame: Frame, rules: ValueRules, *, weighted: bool
) -> tuple[Arguments, Arguments]:
    """Return what an operation pools for the colours, and what for alpha, the last channel.

    A colour counts by its alpha where the formula divides by the number of pixels (`weighted`);
    else it counts unless it is invisible.
    """
    axis = -1 - len(frame.space)
    colours, alpha = np.split(planes, [-1], axis=axis)
    mask = None if rules.mask is None else np.split(rules.mask, [-1], axis=axis)[0]
    visible = whole(alpha) if weighted else (alpha > 0).astype(np.uint8)
    weights = np.broadcast_to(visible, colours.shape)
    inks = frame._replace(channels=colours.shape[axis])
    return (
        (colours, inks, rules._replace(mask=mask), weights),
        (alpha, frame._replace(channels=1), rules.for_alpha(), None),
    )


def join_flat(colours: Array, alpha: Array, channels: Array) -> Array:
    """Return colours and alpha in one array, where windows lay channels out flat.

    `channels` is the channel that each number of the result belongs to.
    """
    last = channels.max()
    out = np.empty(channels.shape, colours.dtype)
    out[channels < last] = colours.ravel()
    out[channels == last] = alpha.ravel()
    return out
