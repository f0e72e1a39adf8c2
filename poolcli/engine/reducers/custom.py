"""Reducers from the functions of a plugin, whose faults are reported with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from poolcli.engine.reducers.merges import ADD, MAX, MIN, Merge
from poolcli.engine.reducers.reducer import Component, Counts, Fold, Gather, Values, WindowValues
from poolcli.errors import PoolError, ValueRuleError
from poolcli.maps.array import Array
from poolcli.plugins import FoldReducer, GatherReducer, Reducer

WORDS = {"add": ADD, "max": MAX, "min": MIN}


def custom_reduction(values: Values, *, reducer: Reducer, label: str, **own: Any) -> Fold | Gather:
    """The reduction of a plugin's reducer; a NaN spoils its window whatever its functions do."""
    dtype = values.dtype if reducer.keeps else np.dtype(np.float64)
    calls = _Calls(label, dtype, own)
    if isinstance(reducer, GatherReducer):
        return Gather(partial(_chosen, calls, reducer), dtype)
    return _fold(calls, reducer, values)


@dataclass(frozen=True, eq=False)
class _Calls:
    """Calls of a plugin's functions with its options: whatever they raise is one line."""

    label: str
    dtype: np.dtype[Any]
    own: Mapping[str, Any]

    def result(self, function: Callable[..., Any], *arguments: Any, **own: Any) -> Any:
        """What a function returns."""
        try:
            with np.errstate(all="ignore"):  # as for poolcli's own: 1 / 0 is infinite
                return function(*arguments, **own)
        except PoolError:
            raise
        except Exception as error:  # noqa: BLE001 - the code of others
            raise self.fault(f"{type(error).__name__}: {error}") from None

    def array(self, value: Any, shape: tuple[int, ...]) -> Array:
        """A result as an array of a shape, to which a number is broadcast."""
        found = np.asarray(value)
        if found.shape not in ((), shape):
            raise self.fault(f"a result has the shape {found.shape}, and {shape} is needed")
        return np.broadcast_to(found, shape)

    def fault(self, what: str) -> ValueRuleError:
        """The error that says what is wrong with the plugin."""
        return ValueRuleError(f"{self.label}: {what}")


def _fold(calls: _Calls, reducer: FoldReducer, values: Values) -> Fold:
    parts = _components(calls, reducer)
    spoiled = [Component(np.isnan, MAX)] if values.dtype.kind == "f" else []

    def finish(*states_and_counts: Any) -> Array:
        *states, counts = states_and_counts
        numbers = list(states[0]) if callable(reducer.merge) else states[: len(parts)]
        numbers, n = _in_pixels(reducer, numbers, counts)
        made = calls.array(_finished(calls, reducer, numbers, n), numbers[0].shape)
        return np.where(states[-1], np.array(np.nan, made.dtype), made) if spoiled else made

    return Fold((*parts, *spoiled), finish)


def _in_pixels(
    reducer: FoldReducer, numbers: list[Array], counts: Counts
) -> tuple[list[Array], Array | int]:
    """The numbers and how many pixels count, in whole pixels where cells have shares of them."""
    whole = getattr(counts, "whole_pixel", None)
    if whole is None:
        pixels = counts.pixels  # of all maps of a shape, which the plugin may write to
        return numbers, pixels if isinstance(pixels, int) else pixels.copy()
    sums = zip(numbers, reducer.merges, strict=True)
    numbers = [number / whole if word == "add" else number for number, word in sums]
    return numbers, counts.pixels / whole


def _finished(calls: _Calls, reducer: FoldReducer, numbers: list[Array], n: Array | int) -> Any:
    return calls.result(reducer.finish, *numbers, n, **calls.own)


def _components(calls: _Calls, reducer: FoldReducer) -> list[Component]:
    """One component for each number, or one for all where a function merges them."""

    def lifted(x: Array) -> tuple[Array, ...]:
        returned = calls.result(reducer.lift, x.astype(calls.dtype, copy=False), **calls.own)
        arrays = returned if isinstance(returned, (tuple, list)) else (returned,)
        expected = len(reducer.empty) or len(reducer.merges)
        if len(arrays) != expected:
            raise calls.fault(f"lift gives {len(arrays)} numbers, and there are {expected}")
        return tuple(calls.array(each, x.shape) for each in arrays)

    if callable(reducer.merge):
        merge = Merge(
            partial(_merged, calls, reducer.merge),
            lambda _: np.array(reducer.empty),
            lambda state, _: state,
        )
        return [Component(lambda x: np.stack(lifted(x)).astype(np.float64), merge)]
    return [
        Component(partial(_number, lifted, place), WORDS[word])
        for place, word in enumerate(reducer.merges)
    ]


def _number(lifted: Callable[[Array], tuple[Array, ...]], place: int, x: Array) -> Array:
    return np.array(lifted(x)[place])


def _merged(
    calls: _Calls, merge: Callable[..., Any], a: Array, b: Array, out: Array | None = None
) -> Array:
    """The merged states, whose numbers are along the first axis."""
    both = calls.result(merge, tuple(a), tuple(b))
    result = np.stack([calls.array(each, a.shape[1:]) for each in both]).astype(a.dtype)
    if out is None:
        return result
    out[...] = result
    return out


def _chosen(calls: _Calls, reducer: GatherReducer, window: WindowValues) -> Array:
    x = window.values.astype(calls.dtype, copy=False)
    valid = None if window.weights is None else window.weights > 0
    if valid is not None:  # the result of an empty window is not used: functions need not know
        valid = valid | ~valid.any(-1, keepdims=True)
    result = calls.array(calls.result(reducer.choose, x, valid, **calls.own), x.shape[:-1])
    if x.dtype.kind != "f":
        return result
    nan = np.isnan(x) if valid is None else np.isnan(x) & valid
    return np.where(nan.any(-1), np.array(np.nan, result.dtype), result)
