"""The configuration of a step: an operation, its windows and its options."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast

from poolcli.engine.operations.operation import Operation, Pooling
from poolcli.engine.windows import by_name
from poolcli.engine.windows.place import Place
from poolcli.engine.windows.sliding import Sliding
from poolcli.maps.cached import cached_property
from poolcli.maps.feature_map import Form
from poolcli.pipeline.arrays import ArrayFile
from poolcli.pipeline.op import Op
from poolcli.pipeline.profile import Profile
from poolcli.pipeline.profiles import PROFILES
from poolcli.pipeline.registry import load_file, op_named
from poolcli.pipeline.window_kinds import AREA_CELLS, KERNEL, REGION_BOXES, WindowKind

if TYPE_CHECKING:
    from poolcli.maps.moments import Statistics


class _CanExpand(Protocol):
    def expanded(self) -> Self:
        """The same with colours for palette indices and bits."""


Expandable = TypeVar("Expandable", bound=_CanExpand)


@dataclass(frozen=True)
class Configuration:
    """An operation with its windows and options: what a step prints, compares and pickles.

    `options` are those that differ from their defaults. Indexing returns the value of any option.
    `statistics` are those of the images of a map that is normalised in regions, once they are
    measured; until then they are empty.
    """

    op: Op
    windows: WindowKind | None
    options: tuple[tuple[str, Any], ...] = ()
    statistics: tuple[Statistics, ...] | None = None

    def __repr__(self) -> str:
        return f"<step {self}>"

    def __str__(self) -> str:
        shown = [self.op.option(name).show(value) for name, value in self.options]
        return " ".join([self.op.name, *shown])

    def __reduce__(self) -> tuple[Any, ...]:
        windows = self.windows.name if self.windows else None
        facts = windows, self.options, self.statistics
        return _rebuilt, (type(self), (self.op.name, self.op.origin), *facts)

    def __getitem__(self, name: str) -> Any:
        """Return the value of an option."""
        return self._values[name]

    @cached_property
    def _values(self) -> Mapping[str, Any]:
        written = dict(self.options)
        return {**self.op.defaults(written.get("semantics", "poolcli"), written), **written}

    @cached_property
    def operation(self) -> Operation:
        """The operation on the planes, normalized or in linear light where the options ask."""
        operation = self.bare
        if self["emit"]:  # counts pixels, whatever their values
            return operation
        if self["normalize"]:
            from poolcli.engine.operations.normalize import Normalized

            operation = Normalized(operation, self["normalize"], self.statistics)
        if self["linear"] and not self.returns_input_values:
            from poolcli.engine.operations.srgb import InLinearLight

            operation = InLinearLight(operation)
        return operation

    @cached_property
    def bare(self) -> Operation:
        """The operation on the values, neither normalized nor in linear light."""
        here = dict(self.windows.functions) if self.windows else {}
        named = {**here, **self.profile.functions}.get(self.op.name, self.op.function)
        function = loaded(named) if isinstance(named, str) else named
        own = {option.name: self.argument(option.name) for option in self.op.parameters}
        if self.windows is None:
            operation: Operation = self._with_any_box(function(**own))
            return operation
        reducer = partial(function, **own)
        if AREA_CELLS in self.windows.parameters:
            from poolcli.engine.operations.area_pooling import AreaPooling

            return AreaPooling(cast(Any, self.place), reducer)
        return Pooling(self.place, reducer)

    @cached_property
    def place(self) -> Place:
        """Where its windows are."""
        assert self.windows is not None
        where = {option.name: self.argument(option.name) for option in self.windows.parameters}
        place: Place = getattr(by_name, self.windows.place)(**where)
        if isinstance(place, Sliding) and self._allows_empty:
            return replace(place, allows_empty=True)
        return cast(Place, self._with_any_box(place))

    def _with_any_box(self, part: Any) -> Any:
        """A place or an operation that takes the boxes that the profile does."""
        takes_boxes = any(option is REGION_BOXES for option in self.op.options)
        if self.profile.any_box and takes_boxes and hasattr(part, "any_box"):
            return replace(part, any_box=True)
        return part

    @property
    def _allows_empty(self) -> bool:
        """Whether a sliding window may be without a pixel."""
        return self.op.name in self.profile.empty or self.ceil_rule in (
            "keep",
            "drop-padded",
            "fill",
        )

    @property
    def _has_kernel(self) -> bool:
        return self.windows is not None and KERNEL in self.windows.parameters

    @property
    def ceil_rule(self) -> bool | str:
        """What becomes of a last window: what `ceil_mode` names, or else the profile's rule."""
        rule: bool | str = self._values.get("ceil_mode", False)
        return self.profile.ceil_rule if rule is True else rule

    @property
    def profile(self) -> Profile:
        """The profile whose rules it follows."""
        return PROFILES[self["semantics"]]

    def like(self, op: str) -> Self:
        """Return another reducer over the same windows."""
        own = self.windows.parameters if self.windows else ()
        options = tuple((option.name, self[option.name]) for option in own)
        other = type(self)(op_named(op), self.windows, options)
        if self.windows:
            vars(other)["place"] = self.place  # which the profile has a say in
        return other

    def argument(self, name: str) -> Any:
        """Return the value of an option as the engine takes it: the array of a file."""
        value = self.ceil_rule if name == "ceil_mode" else self[name]
        if name == "divisor" and value == "kernel" and not self._has_kernel:
            return None  # of a profile: a written one is refused
        return value.array if isinstance(value, ArrayFile) else value

    @cached_property
    def reads_indices(self) -> bool:
        """Whether it reads palette indices and bits as they are, and not the colours they mean."""
        return self.returns_input_values or self.op.reads_indices

    def taken(self, what: Expandable) -> Expandable:
        """Return a map, a part or a form as the step takes it: indices, or their colours."""
        return what if self.reads_indices else what.expanded()

    def operation_on(self, form: Form) -> Operation:
        """Return the operation for maps of a form: of whole colours, where these are compared."""
        operation = self.operation
        is_whole = self.op.counts_colours and not self["per_channel"] and not self["normalize"]
        if not (is_whole and form.has_colours and self.windows):
            return operation
        from poolcli.engine.operations.whole_colours import WholeColours

        return WholeColours(operation)

    @cached_property
    def is_normalized(self) -> bool:
        """Whether its values are normalised, for which all of the map is read first."""
        return bool(self._values.get("normalize")) and not self["emit"]

    @cached_property
    def returns_input_values(self) -> bool:
        """Whether it returns values of its input."""
        computed = self["emit"] or self["normalize"]
        return not computed and self.op.returns_input_values(self._values)


@cache
def loaded(entry_point: str) -> Callable[..., Any]:
    """Return the function that "module:function" names; its module is imported now.

    >>> loaded("math:hypot")(3, 4)
    5.0
    """
    module, name = entry_point.split(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def _rebuilt(
    step_type: type[Configuration],
    row: tuple[str, str],
    windows: str | None,
    options: tuple[tuple[str, Any], ...],
    statistics: tuple[Statistics, ...] | None,
) -> Configuration:
    """A pickled step: the rows of the table are found again by their names, and a plugin's file."""
    name, origin = row
    if origin:
        load_file(origin)
    op = op_named(name)
    kind = next((kind for kind in op.windows if kind.name == windows), None)
    values = tuple((name, _one_nan(value)) for name, value in options)
    return step_type(op, kind, values, statistics)


def _one_nan(value: Any) -> Any:
    """The value; for any NaN the one that the parser makes of it, so that steps stay equal."""
    if isinstance(value, tuple):
        return tuple(map(_one_nan, value))
    return math.nan if isinstance(value, float) and math.isnan(value) else value
