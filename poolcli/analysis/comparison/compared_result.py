"""What a pipeline makes of a map, one map at a time, whole or in the region that is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from poolcli.analysis.comparison.boxes_result import BoxesResult, pools_boxes
from poolcli.analysis.comparison.measured_region import MovedMap
from poolcli.errors import ShapeError
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.layout import shape_words
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.parser import step
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.region_walk import needed, pooled_region
from poolcli.pipeline.step import Stage


class ComparedResult(Protocol):
    """A result that lies over the map it is made of."""

    @property
    def title(self) -> str: ...

    @property
    def form(self) -> Form: ...

    def restored(self, moved: MovedMap, numbers: Numbers | None, interpolation: str) -> FeatureMap:
        """The result at the size of the map, or the pixels of that at these numbers."""
        ...


@dataclass(frozen=True, eq=False)
class MapResult:
    """One of the maps that a pipeline makes, of the form of its input but for the spatial sizes.

    `number` is its place among several, as of a pyramid, and `channels` are those of a map in which
    several are joined. `stage` is the last one that makes it, and `form` its own.
    """

    pipeline: Pipeline
    title: str
    stage: Stage
    form: Form
    number: int = 0
    channels: slice | int | None = None

    def of(self, moved: MovedMap, numbers: Numbers | None) -> FeatureMap:
        """The result for a map, or the pixels of it at these numbers."""
        if numbers is not None and self.channels is None and not self.pipeline.several:
            form = moved.fmap.form
            stages = self.pipeline.plan(form)
            read = needed(stages, form, numbers)
            if read is not None:
                return pooled_region(stages, moved.part(read[0]), read).pixels
        fmap = moved.whole()
        *_, maps = self.pipeline.walk(fmap)
        chosen = MovedMap(self._chosen(maps[self.number], fmap))
        return chosen.fmap if numbers is None else chosen.part(numbers).pixels

    def restored(self, moved: MovedMap, numbers: Numbers | None, interpolation: str) -> FeatureMap:
        """The result at the size of the map, or the pixels of that at these numbers."""
        options = {"output_size": moved.fmap.form.space, "interpolation": interpolation}
        enlarge = step("restore", options)
        if numbers is None:
            return enlarge(self.of(moved, None))
        read = enlarge.reads(self.form, numbers)
        assert read is not None, "a pixel of it is made of its neighbours"
        return enlarge.pool_part(MapPart(self.of(moved, read), self.form, read), numbers)

    def _chosen(self, made: FeatureMap, fmap: FeatureMap) -> FeatureMap:
        """The channels of this result, which are colours where those of the map are."""
        if self.channels is None:
            return made
        index = (slice(None),) * made.layout.index("C") + (self.channels,)
        picture = fmap.expanded().picture if self.form.mode else None
        return FeatureMap(made.data[index], self.form.layout, picture)


def results_of(form: Form, pipeline: Pipeline) -> Iterator[ComparedResult]:
    """The results that are compared with a map of this form: levels, parts of a join, or
    the boxes of regions.

    ShapeError for a result that does not lie over the map.
    """
    if pools_boxes(pipeline):
        yield BoxesResult(pipeline, str(pipeline), pipeline.plan(form)[-1].output)
        return
    ends = [chain[-1] for chain in pipeline.chains(form)]
    title = str(pipeline)
    for number, stage in enumerate(ends):
        level = f", {number + 1} of {len(ends)}" if len(ends) > 1 else ""
        output, expanded = stage.output, form.expanded()
        before, after = expanded.frame, output.expanded().frame
        joined = (after.channels or 1) // (before.channels or 1)
        if before.lead == after.lead and len(before.space) == len(after.space):
            yield MapResult(pipeline, title + level, stage, output, number)
        elif _joins(before.lead, after.lead, joined) and len(before.space) == len(after.space):
            yield from _joined_results(
                MapResult(pipeline, title + level, stage, output, number), expanded, joined
            )
        else:
            raise ShapeError(
                f"{pipeline}: makes {shape_words(output.shape)} of {shape_words(form.shape)}, "
                "which does not lie over it: compare takes what keeps batch and channels"
            )


def _joins(before: tuple[int, ...], after: tuple[int, ...], count: int) -> bool:
    """Whether planes are those of several maps, one after the other in their channels."""
    if count < 2 or not after:
        return False
    *batch, channels = before or (1,)
    return [*batch, channels * count] == list(after)


def _joined_results(whole: MapResult, form: Form, count: int) -> Iterator[MapResult]:
    """A result for each of the maps that are joined in the channels of one."""
    width, output = form.frame.channels, whole.form
    sizes = dict(zip(output.layout, output.shape, strict=True)) | {"C": width or 1}
    layout = output.layout if width else output.layout.replace("C", "")
    shape = tuple(sizes[letter] for letter in layout)
    mode = form.mode if output.dtype == form.dtype and layout == form.layout else ""
    for number in range(count):
        first = number * (width or 1)
        stop = first + (width or 1)
        channels = slice(first, stop) if width else number
        yield replace(
            whole,
            title=f"{whole.title}, {f'channels {first}:{stop}' if width else f'channel {number}'}",
            form=Form(shape, output.dtype, layout, mode),
            channels=channels,
        )
