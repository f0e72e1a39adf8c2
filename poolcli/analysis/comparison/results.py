"""Pipelines on one map, next to each other: each result, what it lost, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import nan

import numpy as np

from poolcli.analysis.comparison.measures import aliased, psnr, shift_change, ssim
from poolcli.errors import RequestError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import shape_words
from poolcli.pipeline.parser import step
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.step import Stage

FARTHEST = 64  # pixels between results for which pooling at every pixel is worth its time
_RUNS, _ENOUGH = 3, 1000.0  # milliseconds of timing


@dataclass(frozen=True, eq=False)
class Result:
    """What a pipeline made of a map, and the measures of it that `study.measures` defines.

    `shown` is the result at the size of the map, by its nearest pixels. The measures are taken of the result brought
    back by bilinear interpolation, and `difference` is its distance from the map: of an image the mean of the channels.
    `ms` is the shortest of up to three runs.
    """

    pipeline: Pipeline
    output: Form
    ms: float
    psnr: float
    ssim: float
    aliased: float
    shift_change: float
    shown: FeatureMap
    difference: FeatureMap


def compare(fmap: FeatureMap, pipelines: Sequence[Pipeline]) -> list[Result]:
    """A result for each pipeline; ShapeError where one gives what cannot be brought back to the size of the map.

    PSNR and SSIM take colours times their alpha, and alpha. Their peak is what the pixels of an image, or unsigned
    numbers of 8 and 16 bits, can hold, else the largest value of the map minus its smallest, or 1 if that is 0.
    """
    return [_result(fmap, pipeline) for pipeline in pipelines]


def _result(fmap: FeatureMap, pipeline: Pipeline) -> Result:
    stages = _planned(fmap.form, pipeline)
    pooled, ms = _timed(pipeline, fmap)
    original, back = _values(fmap), _values(_restored(pooled, fmap, "bilinear"))
    peak, axes = _peak(fmap), len(fmap.form.space)
    return Result(
        pipeline,
        pooled.form,
        ms,
        psnr(original, back, peak),
        ssim(original, back, peak, axes),
        _aliased(pipeline, fmap, stages),
        shift_change(list(_moved(pipeline, fmap, back))),
        _restored(pooled, fmap, "nearest"),
        _distance(fmap, original, back),
    )


def _planned(form: Form, pipeline: Pipeline) -> tuple[Stage, ...]:
    if pipeline.several:
        raise RequestError(
            f"{pipeline}: gives several maps, and one is compared with the original: leave pyramid out"
        )
    stages = pipeline.plan(form)
    before, after = (each.expanded().frame for each in (form, stages[-1].output))
    if before.lead != after.lead or len(before.space) != len(after.space):
        raise ShapeError(
            f"{pipeline}: makes {shape_words(stages[-1].output.shape)} of {shape_words(form.shape)}, "
            "which does not lie over it: compare takes what keeps batch and channels"
        )
    return stages


def _timed(pipeline: Pipeline, fmap: FeatureMap) -> tuple[FeatureMap, float]:
    """The result, and the milliseconds of the shortest run."""
    times: list[float] = []
    while not times or (len(times) < _RUNS and sum(times) < _ENOUGH):
        start = time.perf_counter()
        pooled = _pooled(pipeline, fmap)
        times.append(1000 * (time.perf_counter() - start))
    return pooled, min(times)


def _pooled(pipeline: Pipeline, fmap: FeatureMap) -> FeatureMap:
    *_, (pooled,) = pipeline.walk(fmap)
    return pooled


def _restored(pooled: FeatureMap, fmap: FeatureMap, interpolation: str) -> FeatureMap:
    return step("restore", {"output_size": fmap.form.space, "interpolation": interpolation})(pooled)


def _values(fmap: FeatureMap) -> Array:
    """The planes: a palette's colours, and colours as far as they show through their alpha."""
    whole = fmap.expanded()
    planes = whole.planes()
    if not (whole.picture and whole.picture.has_alpha):
        return planes
    shares = planes[..., -1:, :, :] / _peak(fmap)
    return np.concatenate([planes[..., :-1, :, :] * shares, planes[..., -1:, :, :]], axis=-3)


def _peak(fmap: FeatureMap) -> float:
    values = fmap.expanded().data
    if values.dtype.kind == "u" and values.dtype.itemsize <= 2:
        return float(np.iinfo(values.dtype).max)
    finite = values[np.isfinite(values)].astype(np.float64)
    return float(np.ptp(finite)) if finite.size and np.ptp(finite) else 1.0


def _distance(fmap: FeatureMap, original: Array, back: Array) -> FeatureMap:
    kind = np.result_type(original, back, np.float32)
    with np.errstate(invalid="ignore"):
        whole, far = fmap.expanded(), np.abs(original.astype(kind) - back)
    frame = whole.form.frame
    if whole.picture and frame.channels is not None:
        far, frame = far.mean(-1 - len(frame.space)), frame._replace(channels=None)
    return replace(whole.with_planes(far, frame), picture=None)


def _moved(pipeline: Pipeline, fmap: FeatureMap, back: Array) -> Iterator[tuple[Array, Array]]:
    """For each axis the result moved by a pixel, and that of the map moved by a pixel."""
    for axis in _axes(fmap):
        moved = _pooled(pipeline, _rolled(fmap, axis, 1))
        yield np.roll(back, 1, axis), _values(_restored(moved, fmap, "bilinear"))


def _aliased(pipeline: Pipeline, fmap: FeatureMap, stages: Sequence[Stage]) -> float:
    """NaN where results are not at equal distances in whole pixels, or too far apart to pool at every pixel."""
    jumps = [max(stage.jump[axis] for stage in stages) for axis in range(len(fmap.form.space))]
    if tuple(jumps) != stages[-1].jump or any(
        jump.denominator > 1 or jump > FARTHEST for jump in jumps
    ):
        return nan
    return aliased(list(_dense(pipeline, fmap, jumps)))


def _dense(
    pipeline: Pipeline, fmap: FeatureMap, jumps: Sequence[Fraction]
) -> Iterator[tuple[Array, int]]:
    """For each axis the results at every pixel along it, put together from those of the map moved pixel by pixel."""
    for axis, jump in zip(_axes(fmap), map(int, jumps), strict=True):
        turns = [_values(_pooled(pipeline, _rolled(fmap, axis, -by))) for by in range(jump)]
        lines = np.moveaxis(np.stack(turns, -1), axis - 1, -2)
        yield lines.reshape(*lines.shape[:-2], -1), jump


def _axes(fmap: FeatureMap) -> range:
    return range(-len(fmap.form.space), 0)


def _rolled(fmap: FeatureMap, axis: int, by: int) -> FeatureMap:
    """The map moved along an axis of its planes; what leaves at one end comes in at the other."""
    return fmap.with_planes(np.roll(fmap.planes(), by, axis), fmap.form.frame)
