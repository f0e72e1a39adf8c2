"""What pipelines make of one map: each result, how much it has lost, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import nan
from typing import Any

import numpy as np

from poolcli.analysis.comparison.boxes_result import BoxesResult
from poolcli.analysis.comparison.compared_result import ComparedResult, MapResult, results_of
from poolcli.analysis.comparison.measured_region import MovedMap, measured_region, region_words
from poolcli.analysis.comparison.measures import Ssim, aliased, psnr, shift_change
from poolcli.maps.array import Array
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import space_letters
from poolcli.pipeline.map_part import Numbers
from poolcli.pipeline.pipeline import Pipeline

# The aliased energy needs a result at every pixel: as many runs of the pipeline as its stride, on
# each axis.
LARGEST_STRIDE = 64
MOST_RUNS, MOST_MS = 3, 1000.0  # the shortest of three runs is reported, of slow pipelines one


@dataclass(frozen=True, eq=False)
class PipelineResult:
    """A map that a pipeline makes, and the measures of `analysis.comparison.measures`.

    `enlarged` is the result at the size of the map by nearest neighbours. The measures are of the
    result brought back by bilinear interpolation, and `difference` is its distance from the map, of
    an image the mean of the channels. Both are of the region that is measured. `ms` is the shortest
    of up to three runs.
    """

    title: str
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
    """A map, what it is called, the region of it that is measured, and the results.

    `region` are the pixels of the region, and `where` says in words which they are, "" for all.
    """

    name: str
    form: Form
    region: FeatureMap
    where: str
    results: list[PipelineResult]


def compare(
    name: str,
    fmap: FeatureMap,
    pipelines: Sequence[Pipeline],
    advance: Callable[[], None] = lambda: None,
) -> ComparedMap:
    """The results of each pipeline: one, or each level of a pyramid and each part of a join.

    Of a map with more than `MOST_VALUES` values the middle is measured, with the same bits as in
    the whole. Colours are measured as far as they show through their alpha, and alpha as it is. The
    peak of PSNR and SSIM is the largest value of unsigned 8-bit or 16-bit numbers; else the range
    of the map's values, or 1 if that is 0.
    `advance` is called after each pipeline.
    Raises ShapeError where a pipeline's result cannot be brought back to the size of the map.
    """
    comparison = _Comparison(fmap)
    results: list[PipelineResult] = []
    for pipeline in pipelines:
        results += comparison.results(pipeline)
        advance()
    where = region_words(fmap.form, comparison.numbers)
    return ComparedMap(name, fmap.form, comparison.region, where, results)


class _Comparison:
    """A map, the region of it that is measured, and what all results are compared with."""

    def __init__(self, fmap: FeatureMap) -> None:
        self.map = MovedMap(fmap)
        self.letters = space_letters(fmap.layout)
        self.numbers = measured_region(fmap.form)
        self.region = fmap if self.numbers is None else self.map.part(self.numbers).pixels
        self._peak = _peak(fmap)
        self._original = _values(self.region)
        self._ssim = Ssim(self._original, self._peak, len(self.letters))

    def results(self, pipeline: Pipeline) -> Iterator[PipelineResult]:
        """A result for each map that the pipeline makes; they share its time."""
        chosen = list(results_of(self.map.fmap.form, pipeline))
        ms = _shortest_ms(pipeline, self.map.fmap) / len(chosen)
        for each in chosen:
            yield self._result(each, ms)

    def _result(self, one: ComparedResult, ms: float) -> PipelineResult:
        wide = _values(one.restored(self.map, self._wide, "bilinear"))
        back = self._at(wide)
        return PipelineResult(
            one.title,
            one.form,
            ms,
            psnr(self._original, back, self._peak),
            self._ssim(back),
            self._aliased(one),
            shift_change(list(self._shifted(one, wide))),
            self._in_colours(one.restored(self.map, self.numbers, "nearest")),
            self._difference(self._filled(back) if isinstance(one, BoxesResult) else back),
        )

    def _in_colours(self, enlarged: FeatureMap) -> FeatureMap:
        """A result of an image in its colours, also where it was computed as numbers."""
        expanded = self.region.expanded()
        planes, dtype = enlarged.planes(), expanded.data.dtype
        is_picture = enlarged.picture is not None or expanded.picture is None
        if is_picture or planes.shape != expanded.planes().shape:
            return enlarged
        if dtype.kind != "f":
            planes = np.clip(np.nan_to_num(planes), np.iinfo(dtype).min, np.iinfo(dtype).max)
        return expanded.with_planes(planes.astype(dtype), expanded.form.frame)

    def _filled(self, back: Array) -> Array:
        """The result with the original where there is none: there is no difference to be shown."""
        return np.where(np.isnan(back), self._original, back)

    @property
    def _wide(self) -> Numbers | None:
        """The region and the pixels before it, which a map moved by a pixel brings into it."""
        if self.numbers is None:
            return None
        first = {letter: pixels[0] for letter, pixels in self.numbers.items()}
        begins = {
            letter: np.arange(max(first[letter] - 1, 0), first[letter]) for letter in self.letters
        }
        return {
            letter: np.concatenate([begins.get(letter, pixels[:0]), pixels])
            for letter, pixels in self.numbers.items()
        }

    def _at(self, wide: Array, moved: str = "") -> Array:
        """The region, of planes of the wide one; moved along an axis by a pixel, if one is named.

        Where the region has all pixels of an axis, they are moved circularly.
        """
        index: list[Any] = [...]
        for number, letter in enumerate(self.letters, start=-len(self.letters)):
            has_begin = self.numbers is not None and self.numbers[letter][0] > 0
            if letter == moved and not has_begin:
                wide = np.roll(wide, 1, number)
            begin = 1 if has_begin and letter != moved else 0
            end = -1 if has_begin and letter == moved else None
            index.append(slice(begin, end))
        part: Array = wide[tuple(index)]
        return part

    def _difference(self, back: Array) -> FeatureMap:
        """The distance of each value from the original; of an image the mean over its channels."""
        dtype = np.result_type(self._original, back, np.float32)
        expanded = self.region.expanded()
        frame = expanded.form.frame
        with np.errstate(invalid="ignore"):
            distance = np.abs(self._original.astype(dtype) - back)
        if expanded.picture and frame.channels is not None:
            distance = distance.mean(-1 - len(frame.space))
            frame = frame._replace(channels=None)
        return replace(expanded.with_planes(distance, frame), picture=None)

    def _shifted(self, one: ComparedResult, wide: Array) -> Iterator[tuple[Array, Array]]:
        """For each axis the result moved by a pixel, and the result of the map moved by a pixel."""
        for letter in self.letters:
            moved = MovedMap(self.map.fmap, letter, 1)
            of_moved = _values(one.restored(moved, self.numbers, "bilinear"))
            yield self._at(wide, letter), of_moved

    def _aliased(self, one: ComparedResult) -> float:
        """The aliased energy; NaN where results are not at equal, whole and small distances."""
        if not isinstance(one, MapResult):
            return nan
        jumps, stages = one.stage.jump, one.pipeline.plan(self.map.fmap.form)
        most = [max(stage.jump[axis] for stage in stages) for axis in range(len(jumps))]
        grows_back = not one.pipeline.several and tuple(most) != jumps
        if grows_back or any(jump.denominator > 1 or jump > LARGEST_STRIDE for jump in jumps):
            return nan
        return aliased(list(self._dense(one, jumps)))

    def _dense(self, one: MapResult, jumps: Sequence[Fraction]) -> Iterator[tuple[Array, int]]:
        """For each axis the results at every pixel along it, interleaved from those of moved maps.

        They are those of whole lines, which pass through the region that is measured.
        """
        for number, (letter, jump) in enumerate(zip(self.letters, map(int, jumps), strict=True)):
            lines, axis = self._lines(one, letter), number - len(self.letters)
            moved = (MovedMap(self.map.fmap, letter, -by) for by in range(jump))
            results = [_values(one.of(each, lines)) for each in moved]
            dense = np.moveaxis(np.stack(results, -1), axis - 1, -2)
            yield dense.reshape(*dense.shape[:-2], -1), jump

    def _lines(self, one: MapResult, along: str) -> Numbers | None:
        """The cells of the lines along an axis that pass through the region; None for all."""
        if self.numbers is None:
            return None
        numbers = dict(zip(one.form.layout, map(np.arange, one.form.shape), strict=True))
        for letter, before in zip(self.letters, self.map.fmap.form.space, strict=True):
            if letter != along:
                pixels, after = self.numbers[letter], len(numbers[letter])
                first, last = pixels[0] * after // before, pixels[-1] * after // before
                numbers[letter] = np.arange(first, last + 1)
        return numbers


def _shortest_ms(pipeline: Pipeline, fmap: FeatureMap) -> float:
    """The milliseconds of the shortest run."""
    times: list[float] = []
    while not times or (len(times) < MOST_RUNS and sum(times) < MOST_MS):
        start = time.perf_counter()
        for _ in pipeline.walk(fmap):
            pass
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


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
