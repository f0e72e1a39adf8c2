"""Several pipelines of one map, whose results are merged or concatenated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.errors import RequestError, ShapeError
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.frame import Frame
from poolcli.maps.layout import shape_words
from poolcli.maps.sampling import Sampling, composed
from poolcli.pipeline.map_part import MapPart, Numbers, union_of
from poolcli.pipeline.out_array import write
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.receptive_field import ReceptiveField
from poolcli.pipeline.region_walk import needed, pooled_region
from poolcli.pipeline.step import Stage, Step
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import SLIDING
from poolcli.resources import memory


class FuseStep(Step):
    """One map under several pipelines, whose results are merged as a window is, or concatenated."""

    @property
    def branches(self) -> tuple[Pipeline, ...]:
        """The pipelines."""
        branches: tuple[Pipeline, ...] = self["branches"]
        return branches

    @cached_property
    def _merge(self) -> Step | None:
        """The reducer that merges: its windows hold one value of each branch. None for concat."""
        rules = tuple(pair for pair in self.options if pair[0] not in ("branches", "merge"))
        if self["merge"] == "concat":
            if rules:
                first = self.op.option(rules[0][0])
                raise RequestError(f"`merge` concat computes nothing: leave {first.word} out")
            return None
        return Step(OPS[self["merge"]], SLIDING, (("kernel", (1, len(self.branches))), *rules))

    def plan(self, form: Form, field: ReceptiveField) -> Stage:
        plans = [branch.plan(form) for branch in self.branches]
        last = [stages[-1] for stages in plans]
        output = self._output(self._alike([stage.output for stage in last]))
        largest = map(max, zip(*(stage.receptive for stage in last), strict=True))
        seen = field.through(largest, last[0].jump, last[0].centre)
        merges = prod(output.shape) * (len(last) - 1) if self._merge else 0
        operations = sum(stage.operations for stages in plans for stage in stages) + merges
        nbytes, sampling = form.nbytes + output.nbytes, _common_sampling(plans, output)
        return Stage(self, form, output, *seen, operations, nbytes, sampling)

    def load(self, form: Form) -> Load:
        plans = [branch.plan(form) for branch in self.branches]
        loads = [stage.load for stages in plans for stage in stages]
        if self._merge is None:
            return Load.of(loads)
        last = [stages[-1].output for stages in plans]
        frame = _flat(last[0].frame, len(last))
        dtype = np.result_type(*(each.dtype for each in last))
        return Load.of(
            [*loads, self._merge.load(Form(frame.shape, dtype, _letters(frame), last[0].mode))]
        )

    def __call__(self, fmap: FeatureMap, out: Array | None = None) -> FeatureMap:
        plain = replace(fmap, facts={})
        maps = [_last(branch, plain) for branch in self.branches]
        made = replace(self._made_of(maps), facts=fmap.facts)
        if fmap.facts:
            plans = [branch.plan(fmap.form) for branch in self.branches]
            made = made.carrying(_common_sampling(plans, made.form))
        if out is None:
            return made
        write(made.data, out)
        return made.with_data(out)

    def reads(self, form: Form, wanted: Numbers) -> Numbers | None:
        found = [needed(branch.plan(form), form, wanted) for branch in self.branches]
        parts = [each[0] for each in found if each is not None]
        return union_of(parts) if len(parts) == len(found) else None

    def pool_part(self, part: MapPart, wanted: Numbers) -> FeatureMap:
        maps = []
        for branch in self.branches:
            stages = branch.plan(part.whole)
            numbers = needed(stages, part.whole, wanted)
            assert numbers is not None, "reads has looked at all branches"
            maps.append(pooled_region(stages, part.narrowed(numbers[0]), numbers).pixels)
        return self._made_of(maps)

    def _made_of(self, maps: Sequence[FeatureMap]) -> FeatureMap:
        forms = self._alike([each.form for each in maps])
        output = self._output(forms)
        if self._merge is not None:
            return self._merged(self._merge, _expanded(maps, forms), output)
        return maps[0] if len(maps) == 1 else _concatenated(_expanded(maps, forms), output)

    @staticmethod
    def _merged(merge: Step, maps: Sequence[FeatureMap], output: Form) -> FeatureMap:
        """The maps as the columns of one, each row of which is pooled."""
        base = maps[0] if maps[0].form.mode == output.mode else maps[0].expanded()
        frame = _flat(maps[0].form.frame, len(maps))
        rows = memory.empty(frame.shape, np.result_type(*(each.data.dtype for each in maps)))
        for number, each in enumerate(maps):
            rows[..., number] = each.planes().reshape(frame.shape[:-1])
        merged = merge(FeatureMap(rows, _letters(frame), maps[0].picture))
        return base.with_planes(merged.planes().reshape(output.frame.shape), output.frame)

    def widths(self, form: Form) -> list[int]:
        """Return how many channels each branch makes."""
        forms = self._alike([branch.plan(form)[-1].output for branch in self.branches])
        return [_channels(each.frame) for each in forms]

    def _alike(self, forms: Sequence[Form]) -> list[Form]:
        """The forms, palettes expanded where their indices would be merged with other values."""
        meets = len({form.mode for form in forms}) > 1 or (self._merge is None and len(forms) > 1)
        return [form.expanded() for form in forms] if meets else list(forms)

    def _output(self, forms: Sequence[Form]) -> Form:
        """The form of the merged map; ShapeError where the branches disagree."""
        frames = [form.frame for form in forms]
        alike = frames if self._merge else [frame._replace(channels=None) for frame in frames]
        for branch, form, frame in zip(self.branches, forms, alike, strict=True):
            if frame != alike[0]:
                raise ShapeError(
                    "the branches disagree: "
                    f"{self.branches[0]} gives {shape_words(forms[0].shape)}, "
                    f"{branch} gives {shape_words(form.shape)}"
                )
        dtype = np.result_type(*(form.dtype for form in forms))
        if self._merge is None and len(forms) == 1:
            return forms[0]
        if self._merge is None:
            return _side_by_side(forms[0], sum(map(_channels, frames)), dtype)
        frame = _flat(frames[0], len(forms))
        flat = Form(frame.shape, dtype, _letters(frame), forms[0].mode)
        merged = Pipeline((self._merge,)).plan(flat)[-1]
        base = forms[0] if merged.output.mode == forms[0].mode else forms[0].expanded()
        return base.framed(base.frame, merged.output.dtype)


def _common_sampling(plans: Sequence[Sequence[Stage]], output: Form) -> Sampling:
    """Where the pixels of the merged map are; nowhere along an axis where branches disagree."""
    sizes = dict(zip(output.layout, output.shape, strict=True))
    samplings = [reduce(composed, (stage.sampling for stage in stages)) for stages in plans]
    return {
        letter: axis
        if sizes[letter] == axis.after and all(each.get(letter) == axis for each in samplings)
        else axis._replace(after=sizes[letter], stride=None, offset=None)
        for letter, axis in samplings[0].items()
        if letter in sizes
    }


def _channels(frame: Frame) -> int:
    return 1 if frame.channels is None else frame.channels


def _last(branch: Pipeline, fmap: FeatureMap) -> FeatureMap:
    *_, (result,) = branch.walk(fmap)
    return result


def _expanded(maps: Sequence[FeatureMap], forms: Sequence[Form]) -> list[FeatureMap]:
    """The maps in these forms, which are theirs or those without palettes."""
    pairs = zip(maps, forms, strict=True)
    return [each if each.form == form else each.expanded() for each, form in pairs]


def _concatenated(maps: Sequence[FeatureMap], output: Form) -> FeatureMap:
    planes = memory.empty(output.frame.shape, output.dtype)
    axis = -1 - len(output.space)
    np.concatenate([_channelled(each) for each in maps], axis=axis, out=planes)
    made = FeatureMap(planes, output.layout, name=maps[0].name)
    return made.with_planes(planes, output.frame)


def _flat(frame: Frame, branches: int) -> Frame:
    """The frame of a map with a row for each pixel and a column for each branch."""
    return frame.pooled((prod(frame.space), branches))


def _letters(frame: Frame) -> str:
    return (
        ("N" if frame.batch is not None else "")
        + ("C" if frame.channels is not None else "")
        + "HW"
    )


def _side_by_side(form: Form, channels: int, dtype: np.dtype[Any]) -> Form:
    """The form with so many channels: an array, with its channels where arrays have them."""
    space = form.layout.replace("C", "")
    batch = space.startswith("N")
    layout = (
        form.layout if "C" in form.layout and not form.mode else f"{space[:batch]}C{space[batch:]}"
    )
    return form._replace(layout=layout, mode="").framed(
        form.frame._replace(channels=channels), dtype
    )


def _channelled(fmap: FeatureMap) -> Array:
    """The planes with an axis of channels."""
    frame = fmap.form.frame
    return (
        fmap.planes()
        if frame.channels is not None
        else np.expand_dims(fmap.planes(), -1 - len(frame.space))
    )
