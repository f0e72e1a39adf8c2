"""The kinds of windows by name: each function makes a place from the options of its kind.

Places that few runs need are imported when they are asked for, as that keeps the start short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolcli.engine.windows.sliding import Sliding

if TYPE_CHECKING:
    from poolcli.engine.windows.adaptive import Adaptive
    from poolcli.engine.windows.area import Area
    from poolcli.engine.windows.place import Place
    from poolcli.maps.array import Array
    from poolcli.maps.frame import Size


def sliding(
    *,
    kernel: Size,
    border: tuple[str | float, ...],
    footprint: Array | str | None = None,
    **options: Any,
) -> Sliding:
    modes = tuple(each if isinstance(each, str) else "constant" for each in border)
    if footprint is None or isinstance(footprint, str):
        return Sliding(kernel, border=modes, footprint=footprint, **options)
    from poolcli.engine.windows.footprint import Footprint

    taps = Footprint.of(footprint)
    return Sliding(taps.shape, border=modes, footprint=taps, **options)


def adaptive(*, adaptive: Size) -> Adaptive:
    from poolcli.engine.windows.adaptive import Adaptive

    return Adaptive(adaptive)


def area(*, area: Size) -> Area:
    from poolcli.engine.windows.area import Area

    return Area(area)


def whole_map(**_: Any) -> Adaptive:
    return adaptive(adaptive=(1,))


def fractional(
    *, fractional: Size, kernel: Size, seed: int, samples: tuple[float, ...] | Array | None
) -> Place:
    from poolcli.engine.windows.fractional import Fractional

    return Fractional(fractional, kernel, seed, samples)


def pyramid(*, levels: Size) -> Place:
    from poolcli.engine.windows.spatial_pyramid import SpatialPyramid

    return SpatialPyramid(levels)


def regions(*, boxes: Array, output_size: Size, spatial_scale: float) -> Place:
    from poolcli.engine.windows.regions import Regions

    return Regions(boxes, output_size, spatial_scale)


def strided(*, stride: Size) -> Sliding:
    return Sliding((1,), stride)


def fitted(*, weights: Array | str, kernel: Size | None, **options: Any) -> Sliding:
    from poolcli.engine.reducers.weighted import kernel_of

    return sliding(kernel=kernel_of(weights, kernel), **options)
