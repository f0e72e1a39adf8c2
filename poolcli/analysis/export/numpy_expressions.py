"""Expressions of NumPy for reducers: lines of code for windows `w`, the last one an expression.

`nan` is "nan" where functions such as nanmax have to leave padding out, else "".
"""

from __future__ import annotations

from collections.abc import Callable

from poolcli.analysis.export.exported_step import ExportedStep


def _avg(step: ExportedStep, nan: str, axis: str) -> list[str]:
    if step.divisor:
        return [f"np.{nan}sum(w, {axis}) / {step['divisor']}"]
    if not (step["count_include_pad"] and nan):
        return [f"np.{nan}mean(w, {axis})"]
    if not step.counts_all:
        raise step.no("its last window counts less padding than the others")
    return [f"np.{nan}sum(w, {axis}) / {step.taps}"]


def _lp(step: ExportedStep, nan: str, axis: str) -> list[str]:
    norm = step["norm"]
    if "lp" in step.source.profile.functions:
        return [f"({step.taps} * np.{nan}mean(w ** {norm}, {axis})) ** (1 / {norm})"]
    return [f"np.{nan}sum(np.abs(w) ** {norm}, {axis}) ** (1 / {norm})"]


def _lse(step: ExportedStep, nan: str, axis: str) -> list[str]:
    sharpness = step["sharpness"]
    return [
        f"w = {sharpness} * w",
        f"top = np.{nan}max(w, {axis}, keepdims=True)",
        f"(np.log(np.{nan}mean(np.exp(w - top), {axis})) + np.{nan}max(w, {axis})) / {sharpness}",
    ]


def _soft(_: ExportedStep, nan: str, axis: str) -> list[str]:
    return [
        f"e = np.exp(w - np.{nan}max(w, {axis}, keepdims=True))",
        f"np.{nan}sum(w * e, {axis}) / np.{nan}sum(e, {axis})",
    ]


def _gem(step: ExportedStep, nan: str, axis: str) -> list[str]:
    norm = step["norm"]
    return [f"np.{nan}mean(np.maximum(w, 1e-6) ** {norm}, {axis}) ** (1 / {norm})"]


def _mixed(step: ExportedStep, nan: str, axis: str) -> list[str]:
    share = step["alpha"]
    return [f"{share} * np.{nan}max(w, {axis}) + {1 - share} * np.{nan}mean(w, {axis})"]


def _quantile(step: ExportedStep, nan: str, axis: str) -> list[str]:
    q = 0.5 if step.op == "median" else step["q"]
    rule = step["interpolation"]
    return [f"np.{nan}quantile(w, {q}, {axis}{'' if rule == 'linear' else f', method={rule!r}'})"]


REDUCERS: dict[str, Callable[[ExportedStep, str, str], list[str]]] = {
    "max": lambda _, nan, axis: [f"np.{nan}max(w, {axis})"],
    "min": lambda _, nan, axis: [f"np.{nan}min(w, {axis})"],
    "sum": lambda _, nan, axis: [f"np.{nan}sum(w, {axis})"],
    "avg": _avg,
    "range": lambda _, nan, axis: [f"np.{nan}max(w, {axis}) - np.{nan}min(w, {axis})"],
    "std": lambda _, nan, axis: [f"np.{nan}std(w, {axis})"],
    "var": lambda _, nan, axis: [f"np.{nan}var(w, {axis})"],
    "l2": lambda _, nan, axis: [f"np.sqrt(np.{nan}mean(w**2, {axis}))"],
    "lp": _lp,
    "gem": _gem,
    "lse": _lse,
    "soft": _soft,
    "mixed": _mixed,
    "median": _quantile,
    "quantile": _quantile,
}
