"""Expressions of PyTorch for reducers that are no layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from poolcli.analysis.export.exported_step import ExportedStep, sizes


def arguments(step: ExportedStep, padding: tuple[int, ...], *, dilation: bool = False) -> str:
    """The arguments of layers and functions; `padding` is () where the map is padded before.

    Without padding of their own they need no ceil mode: the map has been padded to the last window.
    """
    parts = [sizes(step.kernel)]
    if step.stride != step.kernel or any(padding):
        parts.append(sizes(step.stride))
    if any(padding):
        parts.append(sizes(padding))
    if dilation and set(step.dilation) != {1}:
        parts.append(f"dilation={sizes(step.dilation)}")
    return ", ".join([*parts, *(["ceil_mode=True"] if padding and step["ceil_mode"] else [])])


def sides(step: ExportedStep) -> str:
    """The padding as torch takes it, the last axis first."""
    return f"({', '.join(str(side) for pair in reversed(step.pads) for side in pair)})"


@dataclass(frozen=True)
class WindowExpressions:
    """Expressions that reduce the windows of another expression."""

    step: ExportedStep

    def max(self, x: str = "x") -> str:
        step, dims = self.step, self.step.dims
        if size := self._cells():
            return f"F.adaptive_max_pool{dims}d({x}, {size})"
        even = step.even_pads
        inside = x if even is not None else f"F.pad({x}, {sides(step)}, value=float('-inf'))"
        return f"F.max_pool{dims}d({inside}, {arguments(step, even or (), dilation=True)})"

    def mean(self, x: str = "x") -> str:
        step, dims = self.step, self.step.dims
        if size := self._cells():
            return f"F.adaptive_avg_pool{dims}d({x}, {size})"
        if set(step.dilation) != {1}:
            return f"{self.taps(x)}.mean(-1)"
        even = step.even_pads
        if even is not None:
            more = ", count_include_pad=False" if any(even) else ""
            return f"F.avg_pool{dims}d({x}, {arguments(step, even)}{more})"
        return f"{self._padded(x)} / {self._padded('torch.ones_like(x)')}"

    def sum(self, x: str = "x") -> str:
        if self._cells() and not (self.step.axes and self.step.is_even):
            raise self.step.no("torch's adaptive pooling does not tell how many pixels a cell has")
        if set(self.step.dilation) != {1}:
            return f"{self.taps(x)}.sum(-1)"
        return f"{self.step.taps} * {self._padded(x)}"

    def taps(self, x: str = "x") -> str:
        """The taps of each window on the last axis."""
        step = self.step
        if not step.axes or step.kind == "adaptive":
            raise step.no("torch cuts no adaptive windows out")
        if not step.unpadded:
            raise step.no("torch's unfold cannot leave padding out")
        lead = len(step.form.shape) - step.dims
        text = f"({x})" if " " in x else x
        for axis, (span, stride) in enumerate(zip(step.spans, step.stride, strict=True)):
            text += f".unfold({lead + axis}, {span}, {stride})"
        if set(step.dilation) != {1}:
            text += f"[..., {', '.join(f'::{gap}' for gap in step.dilation)}]"
        return f"{text}.flatten({-step.dims})"

    def _cells(self) -> str:
        """The size that adaptive functions take, "" for other windows."""
        if self.step.kind == "spatial pyramid":
            return "n"
        return sizes(self.step.cells) if self.step.kind in ("adaptive", "global") else ""

    def _padded(self, x: str) -> str:
        """The mean of windows of the map padded with zeros."""
        step = self.step
        inside = x if step.unpadded else f"F.pad({x}, {sides(step)})"
        return f"F.avg_pool{step.dims}d({inside}, {arguments(step, ())})"


def _mean_of(windows: WindowExpressions, step: ExportedStep) -> str:
    """The mean, by the step's own divisor where it has one."""
    if divisor := step.divisor:
        return f"{windows.sum()} / {divisor}"
    if step["count_include_pad"] and not step.unpadded:
        raise step.no("torch's average pooling has no dilation")
    return windows.mean()


def _quantile(windows: WindowExpressions, q: Any, step: ExportedStep) -> str:
    rule = step["interpolation"]
    interpolation = "" if rule == "linear" else f", interpolation={rule!r}"
    return f"torch.quantile({windows.taps()}, {q}, -1{interpolation})"


def _median(windows: WindowExpressions, step: ExportedStep) -> str:
    if step["interpolation"] == "lower":
        return f"{windows.taps()}.median(-1).values"
    return _quantile(windows, 0.5, step)


def _lp_of(windows: WindowExpressions, step: ExportedStep) -> str:
    if step["semantics"] == "torch":
        raise step.no("LPPool slides, and has no dilation")
    norm = step["norm"]
    return f"({windows.sum(f'x.abs() ** {norm}')}) ** (1 / {norm})"


def _gem(windows: WindowExpressions, step: ExportedStep) -> str:
    norm = step["norm"]
    return f"({windows.mean(f'x.clamp(min=1e-6) ** {norm}')}) ** (1 / {norm})"


def _lse(windows: WindowExpressions, step: ExportedStep) -> str:
    sharpness = step["sharpness"]
    log_sum = f"torch.logsumexp({sharpness} * {windows.taps()}, -1)"
    return f"({log_sum} - math.log({step.taps})) / {sharpness}"


def _mixed(windows: WindowExpressions, step: ExportedStep) -> str:
    share = step["alpha"]
    return f"{share} * {windows.max()} + {1 - share} * ({windows.mean()})"


FORMULAS: dict[str, Callable[[WindowExpressions, ExportedStep], str]] = {
    "max": lambda windows, _: windows.max(),
    "min": lambda windows, _: f"-{windows.max('-x')}",
    "sum": lambda windows, _: windows.sum(),
    "avg": _mean_of,
    "range": lambda windows, _: f"{windows.max()} + {windows.max('-x')}",
    "std": lambda windows, _: f"{windows.taps()}.std(-1, correction=0)",
    "var": lambda windows, _: f"{windows.taps()}.var(-1, correction=0)",
    "l2": lambda windows, _: f"({windows.mean('x * x')}).sqrt()",
    "lp": _lp_of,
    "gem": _gem,
    "lse": _lse,
    "soft": lambda windows, _: f"({windows.taps()}.softmax(-1) * {windows.taps()}).sum(-1)",
    "mixed": _mixed,
    "median": _median,
    "quantile": lambda windows, step: _quantile(windows, step["q"], step),
}
