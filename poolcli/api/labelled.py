"""Results as xarray's DataArray: dimensions, and coordinates at the centres of the cells."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from poolcli.maps.array import Array
from poolcli.maps.facts import PixelSize
from poolcli.maps.feature_map import FeatureMap
from poolcli.pipeline.pipeline import Pipeline, as_map
from poolcli.pipeline.step import Step
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import SLIDING

SEPARABLE = ("sliding", "adaptive", "global", "strided", "fitted")  # the same along every line
NEW = {"N": "box", "C": "channel"}  # dimensions that the input did not have


def labelled(x: Any, data: Array, result: FeatureMap, source: FeatureMap, step: Step) -> Any:
    """Return a result as a DataArray like `x`.

    Dimensions keep their names and `x` its attributes. Coordinates of dimensions that are not
    pooled stay; one along a pooled dimension becomes its mean over the pixels of each window.
    Coordinates of several dimensions, one of which is pooled, and those that are no numbers or
    times are dropped.
    """
    names = _dimensions(x.dims, result.layout, source.layout, data.ndim)
    coordinates = {
        name: made
        for name, coordinate in x.coords.items()
        if (made := _coordinate(coordinate, names, data.shape, (source, step))) is not None
    }
    return type(x)(data, coordinates, list(names), x.name, x.attrs)


def spacing_of(x: Any, layout: str) -> dict[str, PixelSize]:
    """The mean distance of the coordinates along each axis that has numbers, by its letter."""
    known: dict[str, PixelSize] = {}
    if len(layout) != len(x.dims):
        return known
    for letter, dim in zip(layout, x.dims, strict=True):
        values = x.coords[dim].values if dim in x.coords else np.zeros(0)
        if values.dtype.kind in "iuf" and values.size > 1 and values[0] != values[-1]:
            distance = abs(float(values[-1]) - float(values[0])) / (values.size - 1)
            known[letter] = PixelSize(distance)
    return known


def _dimensions(
    dims: tuple[Hashable, ...], result: str, source: str, ndim: int
) -> Mapping[Hashable, str]:
    """The dimensions of the result with their letters; "" where axes of the input were merged."""
    if len(source) != len(dims):
        return dict.fromkeys(dims if ndim == len(dims) else [f"dim_{i}" for i in range(ndim)], "")
    known: dict[str, Hashable] = dict(zip(source, dims, strict=True))
    return {known.get(letter, NEW.get(letter, letter)): letter for letter in result}


def _coordinate(
    coordinate: Any,
    names: Mapping[Hashable, str],
    shape: tuple[int, ...],
    how: tuple[FeatureMap, Step],
) -> Any:
    """A coordinate of the result, as (dimensions, values); None where it has none."""
    sizes = dict(zip(names, shape, strict=True))
    source, step = how
    space = [letter for letter in "DHWL" if letter in source.layout]
    pooled = [dim for dim in coordinate.dims if names.get(dim, "") in space]
    if not pooled:
        stays = all(sizes.get(dim) == size for dim, size in coordinate.sizes.items())
        replaced = "N" in map(names.get, coordinate.dims) and _cuts_boxes(step)
        return (coordinate.dims, coordinate.values) if stays and not replaced else None
    if len(coordinate.dims) > 1 or coordinate.dtype.kind not in "iufmM":
        return None
    values = _along_axis(coordinate.values, step, space.index(names[pooled[0]]), source)
    return None if values is None else (pooled, values)


def _cuts_boxes(step: Step) -> bool:
    """Whether the result has boxes where the input has images."""
    options = {option.name for option in step.op.options}
    return "boxes" in options and step["boxes"] is not None


def _along_axis(values: Array, step: Step, axis: int, source: FeatureMap) -> Array | None:
    """The coordinate at each cell along one spatial axis."""
    first = values[:1]
    is_time = values.dtype.kind in "mM"
    offsets = (values - first).astype(np.int64 if is_time else np.float64).astype(np.float64)
    means = _means(offsets, step, axis, source)
    if means is None:
        return None
    if is_time:
        unit = np.datetime_data(values.dtype)[0]
        means = np.rint(means).astype(f"timedelta64[{unit}]")
    return np.add(first, means)


def _means(offsets: Array, step: Step, axis: int, source: FeatureMap) -> Array | None:
    axes = len(source.form.space)
    if step.windows is not None and step.windows.name in SEPARABLE and not _reads_no_box(step):
        return _on_axis(step, axis, axes)(as_map(offsets)).data
    stage = Pipeline((step,)).plan(source.form)[-1]
    if len(stage.output.space) != axes or _cuts_boxes(step):
        return None
    cells = np.arange(stage.output.space[axis])
    centres = float(stage.centre[axis]) + float(stage.jump[axis]) * cells
    found: Array = np.interp(centres, np.arange(len(offsets)), offsets)
    return found


def _reads_no_box(step: Step) -> bool:
    """Whether windows read a border, which has no coordinates, or not all pixels of a box."""
    names = {option.name for option in step.op.options}
    has_edge = "border" in names and any(edge != "clip" for edge in step["border"])
    return has_edge or ("footprint" in names and step["footprint"] is not None)


def _on_axis(step: Step, axis: int, axes: int) -> Step:
    """The mean over the windows of a step along one of its axes."""
    windows = step.windows
    assert windows is not None
    options = {each.name: step[each.name] for each in windows.parameters}
    if windows.name == "fitted":
        windows, weights = SLIDING, step.argument("weights")
        kernel = options["kernel"] or (3,)
        options["kernel"] = kernel if isinstance(weights, str) else weights.shape
        del options["weights"]
    return Step(
        OPS["avg"],
        windows,
        tuple((name, _of_axis(value, axis, axes)) for name, value in options.items()),
    )


def _of_axis(value: Any, axis: int, axes: int) -> Any:
    """An option's value for one axis, where it has one for each."""
    return (value[axis],) if isinstance(value, tuple) and len(value) == axes else value
