"""Regions of which nothing is stored: what is made of them is made once for all that are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from poolcli.io import Region
from poolcli.maps.array import Array
from poolcli.pipeline.step import Stage
from poolcli.pipeline.window_kinds import SLIDING

Shape = tuple[int, ...]


def is_regular(stage: Stage) -> bool:
    """Whether a stage makes the same of equal regions, wherever they are.

    A mask has a place, and padding is at the ends. Steps that compute values, or change the dtype,
    also count what is beyond a range.
    """
    step = stage.step
    slides = step.windows is SLIDING and set(SLIDING.parameters) <= set(step.op.options)
    return (
        slides
        and step.returns_input_values
        and stage.output.dtype == stage.input.dtype
        and step["mask"] is None
        and not (isinstance(step["padding"], str) or np.any(step["padding"]))
    )


class EmptyRegions:
    """One value of each array that is made of empty regions, by what makes them alike."""

    def __init__(self) -> None:
        self._values: dict[object, Sequence[Array]] = {}

    def made(
        self, key: object, shapes: Sequence[Shape], make: Callable[[], Sequence[Array]]
    ) -> Sequence[Array]:
        """Arrays of these shapes: those that `make` gives, which is called once where it can be."""
        values = self._values.get(key)
        if values is None:
            made = make()
            if not all(map(_is_constant, made)):
                return made
            values = self._values[key] = [each.flat[:1].reshape(()).copy() for each in made]
        return [np.broadcast_to(one, shape) for one, shape in zip(values, shapes, strict=True)]


def one_value_of(values: Array) -> Array | None:
    """The value of an array that `EmptyRegions` gives; None for any other."""
    return None if any(values.strides) or values.size < 2 else values.flat[:1].reshape(())


def shape_of(region: Region) -> Shape:
    """The sizes of a region."""
    return tuple(span.stop - span.start for span in region)


def _is_constant(values: Array) -> bool:
    """Whether all values are one number; NaN is none."""
    return bool(values.size and (values == values.flat[0]).all())
