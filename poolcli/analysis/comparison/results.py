"""What pipelines make of one map: each result, how much it has lost, and how long it took."""

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

# The aliased energy needs a result at every pixel: as many runs of the pipeline as its stride, on
# each axis.
LARGEST_STRIDE = 64
MOST_RUNS, MOST_MS = 3, 1000.0  # the shortest of three runs is reported, of slow pipelines one


@dataclass(frozen=True, eq=False)
class PipelineResult:
    """What a pipeline makes of a map, and the measures of `analysis.comparison.measures`.

    `enlarged` is the result at the size of the map by nearest neighbours. The measures are of the
    result brought back by bilinear interpolation, and `difference` is its distance from the map, of
    an image the mean of the channels. `ms` is the shortest of up to three runs.
    """

    pipeline: Pipeline
    output: Form
    ms: float
    psnr: float
    ssim: float
    aliased: float
    shift_change: float
    enlarged: FeatureMap
    difference: FeatureMap


@dataclass(frozen=True, eq=False)
class ComparedMap:
    """A map, what it is called, and the result of each pipeline."""

    name: str
    fmap: FeatureMap
    results: list[PipelineResult]


def compare(fmap: FeatureMap, pipelines: Sequence[Pipeline]) -> list[PipelineResult]:
    """A result for each pipeline.

    Colours are measured as far as they show through their alpha, and alpha as it is. The peak of
    PSNR and SSIM is the largest value of unsigned 8-bit or 16-bit numbers; else the range of the
    map's values, or 1 if that is 0.
    Raises ShapeError where a pipeline's result cannot be brought back to the size of the map,
    RequestError where a pipeline gives several maps.
    """
    return [_result(fmap, pipeline) for pipeline in pipelines]


def _result(fmap: FeatureMap, pipeline: Pipeline) -> PipelineResult:
    stages = _plan(fmap.form, pipeline)
    pooled, ms = _timed(pipeline, fmap)
    original, back = _values(fmap), _values(_restored(pooled, fmap, "bilinear"))
    peak, axes = _peak(fmap), len(fmap.form.space)
    return PipelineResult(
        pipeline,
        pooled.form,
        ms,
        psnr(original, back, peak),
        ssim(original, back, peak, axes),
        _aliased(pipeline, fmap, stages),
        shift_change(list(_shifted(pipeline, fmap, back))),
        _restored(pooled, fmap, "nearest"),
        _difference(fmap, original, back),
    )


def _plan(form: Form, pipeline: Pipeline) -> tuple[Stage, ...]:
    """The stages of a pipeline whose result has the batch, channels and axes of its input."""
    if pipeline.several:
        raise RequestError(
            f"{pipeline}: gives several maps, and one is compared with the original: "
            "leave pyramid out"
        )
    stages = pipeline.plan(form)
    output = stages[-1].output
    before, after = form.expanded().frame, output.expanded().frame
    if before.lead != after.lead or len(before.space) != len(after.space):
        raise ShapeError(
            f"{pipeline}: makes {shape_words(output.shape)} of {shape_words(form.shape)}, "
            "which does not lie over it: compare takes what keeps batch and channels"
        )
    return stages


def _timed(pipeline: Pipeline, fmap: FeatureMap) -> tuple[FeatureMap, float]:
    """The result, and the milliseconds of the shortest run."""
    times: list[float] = []
    while not times or (len(times) < MOST_RUNS and sum(times) < MOST_MS):
        start = time.perf_counter()
        pooled = _pooled(pipeline, fmap)
        times.append(1000 * (time.perf_counter() - start))
    return pooled, min(times)


def _pooled(pipeline: Pipeline, fmap: FeatureMap) -> FeatureMap:
    *_, (pooled,) = pipeline.walk(fmap)
    return pooled


def _restored(pooled: FeatureMap, fmap: FeatureMap, interpolation: str) -> FeatureMap:
    """The result at the size of the map."""
    options = {"output_size": fmap.form.space, "interpolation": interpolation}
    return step("restore", options)(pooled)


def _values(fmap: FeatureMap) -> Array:
    """The planes: of a palette its colours, and colours times their alpha."""
    expanded = fmap.expanded()
    planes = expanded.planes()
    if not (expanded.picture and expanded.picture.has_alpha):
        return planes
    colours, alpha = planes[..., :-1, :, :], planes[..., -1:, :, :]
    return np.concatenate([colours * (alpha / _peak(fmap)), alpha], axis=-3)


def _peak(fmap: FeatureMap) -> float:
    values = fmap.expanded().data
    if values.dtype.kind == "u" and values.dtype.itemsize <= 2:
        return float(np.iinfo(values.dtype).max)
    finite = values[np.isfinite(values)].astype(np.float64)
    return float(np.ptp(finite)) if finite.size and np.ptp(finite) else 1.0


def _difference(fmap: FeatureMap, original: Array, back: Array) -> FeatureMap:
    """The distance of each value from the original; of an image the mean over its channels."""
    dtype = np.result_type(original, back, np.float32)
    expanded = fmap.expanded()
    frame = expanded.form.frame
    with np.errstate(invalid="ignore"):
        distance = np.abs(original.astype(dtype) - back)
    if expanded.picture and frame.channels is not None:
        distance = distance.mean(-1 - len(frame.space))
        frame = frame._replace(channels=None)
    return replace(expanded.with_planes(distance, frame), picture=None)


def _shifted(pipeline: Pipeline, fmap: FeatureMap, back: Array) -> Iterator[tuple[Array, Array]]:
    """For each axis the result moved by a pixel, and the result of the map moved by a pixel."""
    for axis in _axes(fmap):
        of_moved = _pooled(pipeline, _rolled(fmap, axis, 1))
        yield np.roll(back, 1, axis), _values(_restored(of_moved, fmap, "bilinear"))


def _aliased(pipeline: Pipeline, fmap: FeatureMap, stages: Sequence[Stage]) -> float:
    """The aliased energy; NaN where results are not at equal, whole and small distances."""
    jumps = [max(stage.jump[axis] for stage in stages) for axis in range(len(fmap.form.space))]
    grows_back = tuple(jumps) != stages[-1].jump  # a step enlarges what one before it has shrunk
    if grows_back or any(jump.denominator > 1 or jump > LARGEST_STRIDE for jump in jumps):
        return nan
    return aliased(list(_dense(pipeline, fmap, jumps)))


def _dense(
    pipeline: Pipeline, fmap: FeatureMap, jumps: Sequence[Fraction]
) -> Iterator[tuple[Array, int]]:
    """For each axis the results at every pixel along it, interleaved from those of moved maps."""
    for axis, jump in zip(_axes(fmap), map(int, jumps), strict=True):
        results = [_values(_pooled(pipeline, _rolled(fmap, axis, -by))) for by in range(jump)]
        dense = np.moveaxis(np.stack(results, -1), axis - 1, -2)
        yield dense.reshape(*dense.shape[:-2], -1), jump


def _axes(fmap: FeatureMap) -> range:
    return range(-len(fmap.form.space), 0)


def _rolled(fmap: FeatureMap, axis: int, by: int) -> FeatureMap:
    """The map moved along an axis of its planes, circularly."""
    return fmap.with_planes(np.roll(fmap.planes(), by, axis), fmap.form.frame)
