"""An image's colours and its alpha, which are pooled apart and joined again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poolcli.engine.operations.operation import Arguments, Operation
from poolcli.engine.operations.pixels import BorderPixel, ValueRules, whole
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.frame import Frame
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.window_kinds import WINDOW_KINDS


class PlaneGroup(NamedTuple):
    """Planes that are pooled together: the step, its operation, and the arguments of this."""

    step: Configuration
    operation: Operation
    arguments: Arguments

    def __call__(self) -> Array:
        return self.operation(*self.arguments)


def is_apart(step: Configuration, fmap: FeatureMap) -> bool:
    """Whether the step pools alpha apart from the colours."""
    if fmap.picture is None or not fmap.picture.has_alpha:
        return False
    return not step.returns_input_values or step.windows in WINDOW_KINDS


def groups(step: Configuration, fmap: FeatureMap, rules: ValueRules) -> list[PlaneGroup]:
    """Return the colours and the alpha, each with what pools it.

    Alpha is pooled as a colour by operations that return values of their input, and by those
    without windows; else it is averaged.
    """
    colours, opacity = split(fmap.planes(), fmap.form.frame, rules, weighted=step.op.alpha_weighted)
    is_averaged = step.windows in WINDOW_KINDS and not step.returns_input_values
    cover = step.like("avg") if is_averaged else step
    operation = step.operation_on(fmap.form)
    return [PlaneGroup(step, operation, colours), PlaneGroup(cover, cover.bare, opacity)]


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

    def visible(alpha: Array) -> Array:
        return whole(alpha) if weighted else np.asarray(alpha > 0).astype(np.uint8)

    def weighed(pixel: BorderPixel) -> BorderPixel:
        return pixel._replace(weight=int(visible(np.array(pixel.value, alpha.dtype))))

    weights = np.broadcast_to(visible(alpha), colours.shape)
    inks = frame._replace(channels=colours.shape[axis])
    return (
        (colours, inks, rules._replace(mask=mask).with_border(weighed), weights),
        (alpha, frame._replace(channels=1), rules.for_alpha(), None),
    )


def joined(step: Configuration, colours: Array, alpha: Array, frame: Frame) -> Array:
    """Return the pooled colours with their alpha; `frame` is that of the planes before."""
    space = step.operation.geometry(frame).frame.space
    if space:
        return np.concatenate([colours, alpha], axis=-1 - len(space))
    return join_flat(colours, alpha, channel_numbers(step, frame))


def channel_numbers(step: Configuration, frame: Frame) -> Array:
    """Return the channel that each number of the result belongs to."""
    numbers = np.arange(frame.channels or 1).reshape(-1, *(1,) * len(frame.space))
    planes = np.broadcast_to(numbers, frame.shape)
    return step.like("max").operation(planes, frame, ValueRules(np.int64))


def join_flat(colours: Array, alpha: Array, channels: Array) -> Array:
    """Return colours and alpha in one array, where windows lay channels out flat.

    `channels` is the channel that each number of the result belongs to.
    """
    last = channels.max()
    out = np.empty(channels.shape, colours.dtype)
    out[channels < last] = colours.ravel()
    out[channels == last] = alpha.ravel()
    return out
