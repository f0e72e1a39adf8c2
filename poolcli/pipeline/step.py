"""A step: what one operation does to a map, and the plan of it without values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from poolcli.engine.backend.blocks import Load
from poolcli.engine.operations.index import Indexing
from poolcli.engine.operations.operation import Pooling
from poolcli.maps.array import Array
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import FeatureMap, Form
from poolcli.maps.picture import WITH_ALPHA
from poolcli.maps.sampling import Sampling
from poolcli.pipeline import map_part
from poolcli.pipeline.alpha import PlaneGroup
from poolcli.pipeline.checks import check_indices
from poolcli.pipeline.configuration import Configuration
from poolcli.pipeline.empty_windows import empty_windows
from poolcli.pipeline.map_part import MapPart, Numbers
from poolcli.pipeline.options import INPUT_SIZE
from poolcli.pipeline.out_array import check_out, write
from poolcli.pipeline.pooled_map import (
    Prepared,
    can_fill,
    map_of,
    plane_groups,
    pooled_map,
    prepared,
    sampling_through,
)
from poolcli.pipeline.receptive_field import ReceptiveField
from poolcli.pipeline.stored_values import stored_nodata
from poolcli.pipeline.value_rules import rules_for

if TYPE_CHECKING:
    from poolcli.maps.moments import Moments, Statistics

PREPARED = 16  # forms of maps for which a step remembers its rules; bounds memory


@dataclass(frozen=True)
class Stage:
    """What one step makes of a map: a row of a plan, and of a report.

    Attributes
    ----------
    step : Step
        The step.
    input, output : Form
        Shape, dtype and layout of the map before and after it.
    receptive : tuple of int
        How many pixels of the pipeline's input a cell sees, on each spatial axis.
    jump : tuple of Fraction
        The distance between neighbouring cells, in pixels of the pipeline's input.
    centre : tuple of Fraction
        Where the first cell is, in pixels of the pipeline's input, whose first pixel is at 0.
    operations : int
        Comparisons or additions by the definition: n - 1 for a window of n pixels.
    memory : int
        Bytes of input and output together.
    sampling : Mapping
        How the output's pixels lie on the input's, by the letter of each axis.

    >>> import poolcli
    >>> stage, = poolcli.plan("max -k 3 -s 2", (1, 64, 112, 112))
    >>> stage.output.shape, stage.receptive, stage.memory
    ((1, 64, 55, 55), (3, 3), 3985664)
    """

    step: Step
    input: Form
    output: Form
    receptive: tuple[int, ...]
    jump: tuple[Fraction, ...]
    centre: tuple[Fraction, ...]
    operations: int
    memory: int
    sampling: Sampling

    @property
    def field(self) -> ReceptiveField:
        """What the cells of the output see of the pipeline's input."""
        return ReceptiveField(self.receptive, self.jump, self.centre)

    @cached_property
    def load(self) -> Load:
        """The memory that computing it takes."""
        return self.step.load(self.input)


@dataclass(frozen=True, repr=False)
class Step(Configuration):
    """One operation with its windows and options. Prints as the text that makes it.

    Attributes
    ----------
    op
        The row of the table.
    windows
        The kind of windows; None for an operation that pools no cells.
    options
        The options that differ from their defaults, with their values. ``step["kernel"]`` is the
        value of any option.

    >>> import poolcli
    >>> step, = poolcli.parse("max --kernel 3 --ceil-mode").steps
    >>> print(step, step["kernel"], step["padding"])
    max -k 3 --ceil-mode (3,) ((0, 0),)
    """

    several: ClassVar[bool] = False  # whether it makes several maps of one

    @property
    def count(self) -> int | None:
        """How many maps it makes of one; None where that depends on the map."""
        return 1

    def parts_of(self, form: Form) -> tuple[Step, ...]:
        """Return the steps whose results it returns for a map of this form, one map each."""
        del form
        return (self,)

    def within(self, form: Form) -> Step:
        """Return the step in a pipeline whose input has this form.

        Some options can stand for it, like the size of what `restore` makes.
        """
        if not self._takes_input_size:
            return self
        sized = tuple((name, form.space) for name in self._takes_input_size)
        return replace(self, options=(*self.options, *sized))

    @cached_property
    def _takes_input_size(self) -> tuple[str, ...]:
        names = (option.name for option in self.op.parameters)
        return tuple(name for name in names if self[name] == INPUT_SIZE)

    def plan(self, form: Form, field: ReceptiveField) -> Stage:
        """Return what this step makes of a map of this form, whose cells have this field."""
        form = self.taken(form)
        _, geometry, output = self._prepared(form)
        seen = field.through(geometry.window, geometry.stride, geometry.centre)
        memory = form.nbytes + output.nbytes
        sampling = sampling_through(form, geometry, output)
        return Stage(self, form, output, *seen, geometry.operations, memory, sampling)

    def load(self, form: Form) -> Load:
        """Return the memory that working on a map of this form takes."""
        form = self.taken(form)
        rules, weighed = rules_for(self, form), form.mode in WITH_ALPHA
        return self.operation_on(form).load(form.frame, form.dtype, rules, weighed=weighed)

    def __call__(self, fmap: FeatureMap, out: Array | None = None) -> FeatureMap:
        """Return the pooled map, whose data is `out` if that is an array."""
        stored, fmap = fmap, self.taken(fmap)
        ready = self._prepared(fmap.form)
        nodata = stored_nodata(stored, fmap, ready.rules)
        if out is None:
            return pooled_map(self, fmap, ready, nodata=nodata)
        check_out(out, ready.output.shape, ready.output.dtype)
        fills = nodata is None and can_fill(self, out, fmap, ready.rules)
        direct = fmap.planes_in(out, ready.geometry.frame) if fills else None
        made = pooled_map(self, fmap, ready, direct, nodata)
        if direct is None:
            write(made.data, out)
        return made.with_data(out)

    def indices(self, fmap: FeatureMap) -> FeatureMap:
        """Return which pixel each result is: its flat index, -1 where a window is empty."""
        check_indices(self)
        ready = self._prepared(fmap.form)
        # The values are dropped: 0 in empty windows, as integers have no NaN.
        rules = ready.rules._replace(
            dtype=np.int64, indexing=self._indexing(fmap.form), empty=0, outside=0
        )
        return pooled_map(self, fmap, ready._replace(rules=rules))

    def values_and_empty(self, fmap: FeatureMap) -> tuple[FeatureMap, FeatureMap]:
        """Return the pooled map, and True for each result whose window has too few valid pixels.

        Too few are none, or fewer than the fraction `min_valid`. These results are 0.
        """
        ready = self._prepared(fmap.form)
        blank = ready.rules._replace(empty=0, outside=0)
        values = pooled_map(self, fmap, ready._replace(rules=blank))
        found = empty_windows(self, fmap, ready.rules)
        return values, fmap.with_planes(found, ready.geometry.frame)

    def values_and_indices(self, fmap: FeatureMap) -> tuple[FeatureMap, FeatureMap]:
        """Return the pooled map, and which pixel each result is."""
        check_indices(self)
        operation = self.operation_on(fmap.form)
        if not isinstance(operation, Pooling) or (fmap.picture and fmap.picture.has_alpha):
            return self(fmap), self.indices(fmap)
        rules, geometry, _ = self._prepared(fmap.form)
        rules = rules._replace(indexing=self._indexing(fmap.form))
        pair = operation.with_indices(fmap.planes(), fmap.form.frame, rules)
        values, indices = (map_of(self, fmap, planes, geometry) for planes in pair)
        return values, indices

    def reads(self, form: Form, wanted: Numbers) -> Numbers | None:
        """Return the pixels of a map that a region of the result reads; None: all of them."""
        return map_part.reads(self, form, wanted)

    def pool_part(self, part: MapPart, wanted: Numbers) -> FeatureMap:
        """Return a region of the result, without facts, from the pixels that it reads."""
        part = self.taken(part)
        return map_part.pool_part(self, part, self._prepared(part.whole), wanted)

    def measured(self, statistics: tuple[Statistics, ...]) -> Self:
        """Return the step with the statistics of the images that it normalises."""
        return replace(self, statistics=statistics)

    def moments(self, part: MapPart) -> list[Moments]:
        """Return what the statistics of the images in a part of a map are made of."""
        part = self.taken(part)
        return map_part.moments(self, part, self._prepared(part.whole))

    def groups(self, fmap: FeatureMap) -> tuple[FeatureMap, list[PlaneGroup]]:
        """Return the map as the step takes it, and what is pooled together.

        That is all of it, or its colours and its alpha.
        """
        stored, fmap = fmap, self.taken(fmap)
        rules = rules_for(self, fmap.form)
        nodata = stored_nodata(stored, fmap, rules)
        return fmap, plane_groups(self, fmap, nodata.rules if nodata else rules)

    def _indexing(self, form: Form) -> Indexing:
        """How indices number the pixels of maps of a form."""
        channels = form.frame.channels or 1
        return Indexing(self["index_order"], self.profile.index_of_nan, channels)

    def _prepared(self, form: Form) -> Prepared:
        """The rules and the geometry for maps of a form; cached, unless there is a mask."""
        found = self._forms.get(form)
        if found is None:
            found = prepared(self, form)
            if found.rules.mask is None and len(self._forms) < PREPARED:
                self._forms[form] = found
        return found

    @cached_property
    def _forms(self) -> dict[Form, Prepared]:
        return {}
