"""What `pool` takes beside arrays: masked arrays, images, labelled arrays and tensors."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from poolcli.api.axes import Arrangement, arrangement, axis_numbers
from poolcli.maps.array import Array
from poolcli.maps.array_like import input_array
from poolcli.maps.feature_map import FeatureMap, check_values
from poolcli.maps.picture import Picture

# Pillow's modes whose arrays `Picture` knows; others are pooled as the arrays that they are.
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F")


class AxisOptions(NamedTuple):
    """The keywords that say what the axes of an array are."""

    layout: str | None = None
    axes: int | str | Sequence[int | str] | None = None
    channel_axis: int | str | None = None

    @property
    def named(self) -> bool:
        """Whether any of them is set."""
        return not (self.layout is self.axes is self.channel_axis is None)


class PoolInput(NamedTuple):
    """An input as a map, how its axes were arranged, and what it was."""

    fmap: FeatureMap
    shape: tuple[int, ...]
    arrangement: Arrangement
    valid: Array | None = None  # where a masked array has values; None for other arrays
    labelled: Any = None  # the DataArray that it was


def pool_input(x: Any, axes: AxisOptions) -> PoolInput:
    """Return an input as a map. Packages are looked at only where the caller has imported them."""
    if type(x) is np.ndarray:
        return _of_array(x, axes)
    if isinstance(x, np.ma.MaskedArray):
        source = _of_array(x.data, axes)
        valid = source.arrangement.arranged(~np.ma.getmaskarray(x))
        return source._replace(valid=valid)
    if _is_a(x, "PIL.Image", "Image") and not axes.named and x.mode in MODES:
        return _of_image(x)
    if _is_a(x, "xarray", "DataArray"):
        return _of_array(input_array(x), axes, x.dims)._replace(labelled=x)
    return _of_array(input_array(x), axes)


def _is_a(x: Any, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(x, getattr(loaded, name))


def _of_array(data: Array, axes: AxisOptions, names: Sequence[Hashable] = ()) -> PoolInput:
    if data.dtype.kind not in "biuf":
        check_values(data.dtype, data.shape)
    texts = tuple(map(str, names))
    pooled = None if axes.axes is None else axis_numbers(axes.axes, texts)
    channel = None if axes.channel_axis is None else axis_numbers(axes.channel_axis, texts)[0]
    how = arrangement(data.ndim, axes.layout, pooled, channel)
    fmap = FeatureMap(how.arranged(data), how.layout)
    check_values(data.dtype, fmap.form.space)
    return PoolInput(fmap, data.shape, how)


def _of_image(image: Any) -> PoolInput:
    """An image of Pillow's, with its palette and the meaning of its channels."""
    data = np.asarray(image)
    layout = "HWC" if data.ndim == 3 else "HW"
    picture = Picture(image.mode)
    if image.mode == "P":
        alpha = image.info.get("transparency")
        if isinstance(alpha, int):
            alpha = bytes([255] * alpha + [0])
        palette = image.palette.tobytes() if image.palette.mode == "RGB" else None
        palette = palette or bytes(image.getpalette("RGB"))
        picture = picture._replace(palette=palette, palette_alpha=alpha)
    fmap = FeatureMap(data, layout, picture)
    check_values(data.dtype, fmap.form.space)
    return PoolInput(fmap, data.shape, Arrangement(layout))
