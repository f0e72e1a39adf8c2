"""The kinds of windows by name: each function makes the place of one kind from its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolcli.engine.windows.adaptive import Adaptive
from poolcli.engine.windows.sliding import Sliding

if TYPE_CHECKING:
    from poolcli.engine.windows.grid import Place
    from poolcli.maps.frame import Size


def sliding(**options: Any) -> Sliding:
    return Sliding(**options)


def adaptive(*, adaptive: Size) -> Adaptive:
    return Adaptive(adaptive)


def whole_map(**_: Any) -> Adaptive:
    return Adaptive((1,))


def fractional(*, fractional: Size, kernel: Size, seed: int, samples: Any) -> Place:
    from poolcli.engine.windows.places import Fractional

    return Fractional(fractional, kernel, seed, getattr(samples, "array", samples))


def pyramid(*, levels: Size) -> Place:
    from poolcli.engine.windows.places import Pyramid

    return Pyramid(levels)


def regions(*, boxes: Any, output_size: Size, spatial_scale: float) -> Place:
    from poolcli.engine.windows.places import Regions

    return Regions(boxes.array, output_size, spatial_scale)


def strided(*, stride: Size) -> Sliding:
    return Sliding((1,), stride)


def fitted(*, weights: Any, kernel: Size | None, **options: Any) -> Sliding:
    from poolcli.engine.reducers.weighted import kernel_of

    return Sliding(kernel=kernel_of(weights, kernel), **options)
