"""NumPy: windows as a view, and one call that reduces them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep
from poolcli.analysis.export.numpy_expressions import REDUCERS
from poolcli.analysis.export.target import Target
from poolcli.engine.reducers.weighted import weights_of
from poolcli.maps.feature_map import Form

IMPORTS = {
    "np.": "import numpy as np",
    "sliding_window_view": "from numpy.lib.stride_tricks import sliding_window_view",
}


def write(steps: Sequence[ExportedStep], form: Form) -> str:  # noqa: ARG001 - the shape is in the step
    """A function of an array of the plan's layout."""
    return function_of_array(steps, _lines, IMPORTS)


def _lines(step: ExportedStep) -> list[str]:
    if step.op in OWN:
        return OWN[step.op](step)
    if step.kind == "spatial pyramid":
        return _levels(step)
    if step.kind == "adaptive" and not step.is_even:
        return _adaptive(step, [str(cells) for cells in step.cells], "x")
    nan = "" if step.unpadded else "nan"
    if step.footprint is None:
        return [*_windows(step), *reduced_lines(step, nan, tuple(range(-step.dims, 0)), "x")]
    taps = step.footprint.taps.astype(int).tolist()
    selected = f"w = w[..., np.array({taps}, bool)]  # the footprint's taps on one axis"
    return [*_windows(step), selected, *reduced_lines(step, nan, (-1,), "x")]


def _windows(step: ExportedStep) -> list[str]:
    """The code of `w`, the windows of `x` with their taps on the last axes; padding is NaN."""
    lines = []
    if any(map(any, step.pads)):
        lines += padded_lines(step)
    view = f"w = sliding_window_view(x, {step.spans}, axis={step.space})"
    strides = dict(zip(step.space, step.stride, strict=True))
    index = [_slice(strides.get(axis, 1)) for axis in range(len(step.form.shape))]
    index += map(_slice, step.dilation)
    return [*lines, view if set(index) == {":"} else f"{view}[{', '.join(index)}]"]


def padded_lines(step: ExportedStep) -> list[str]:
    """The code that puts the border around `x`: one line, or one for each axis that has its own."""
    if not step.unpadded and not step.is_float:
        raise step.no("NaN marks padding here, and whole numbers have none")
    bordered = [axis for axis in step.axes if axis.border]
    if any(run.size < axis.taps for axis in bordered for run in axis.runs):
        raise step.no("a window sticks out of its border")
    if len(set(step.edges)) == 1:
        return [_pad(step, step.pads, step.edges[0])]
    lines = []
    for at, (pads, edge) in enumerate(zip(step.pads, step.edges, strict=True)):
        alone = [pads if axis == at else (0, 0) for axis in range(step.dims)]
        lines += [_pad(step, alone, edge)] if any(pads) else []
    return lines


def _pad(step: ExportedStep, pads: Sequence[tuple[int, int]], edge: str | float) -> str:
    if edge == "clip":
        how = "constant_values=np.nan)  # NaN: padding, left out below"
    else:
        how = f"mode={edge!r})" if isinstance(edge, str) else f"constant_values={edge})"
    return f"x = np.pad(x, {padding(step, pads)}, {how}"


def _slice(stride: int) -> str:
    return ":" if stride == 1 else f"::{stride}"


def padding(step: ExportedStep, pads: Sequence[tuple[int, int]]) -> str:
    """The padding of the spatial axes as NumPy takes it, a pair for each axis."""
    by_axis = dict(zip(step.space, pads, strict=True))
    return str([by_axis.get(axis, (0, 0)) for axis in range(len(step.form.shape))])


def reduced_lines(step: ExportedStep, nan: str, axes: tuple[int, ...], name: str) -> list[str]:
    """The code of `name`, what the reducer makes of `w` over these axes."""
    if step.op not in REDUCERS:
        raise step.no(f"NumPy has no {step.op}")
    *before, last = REDUCERS[step.op](step, nan, f"axis={axes if len(axes) > 1 else axes[0]}")
    return [*before, f"{name} = {last}"]


def _adaptive(step: ExportedStep, cells: list[str], name: str) -> list[str]:
    """The code of `name`: the cells one by one, stacked along each axis."""
    axes = len(step.form.shape)
    if step.space != tuple(range(axes - step.dims, axes)):
        raise step.no(f"its cells are stacked last, and the layout is {step.form.layout}")
    lines = reduced_lines(step, "", step.space, "y")
    if len(lines) > 1:
        raise step.no("NumPy would need a loop over the cells")
    slices = "abc"[: step.dims]  # the name of each axis' slice
    text = lines[0].removeprefix("y = ").replace("(w", f"(x[..., {', '.join(slices)}]")
    for axis in reversed(range(step.dims)):
        bounds = f"bounds({step.form.space[axis]}, {cells[axis]})"
        text = f"np.stack([{text} for {slices[axis]} in {bounds}], {axis - step.dims})"
    rule = "lambda length, n: [slice(i * length // n, -(-(i + 1) * length // n)) for i in range(n)]"
    return [f"bounds = {rule}", f"{name} = {text}"]


def _levels(step: ExportedStep) -> list[str]:
    rule, cells = _adaptive(step, ["n"] * step.dims, "y")
    shape = "(len(x), -1)" if step.form.frame.batch is not None else "(-1)"
    level = f"{cells.removeprefix('y = ')}.reshape{shape}"
    return [rule, f"x = np.concatenate([{level} for n in {tuple(step['levels'])}], -1)"]


def sample_lines(step: ExportedStep) -> list[str]:
    return [f"x = x[{_strided(step, dict(zip(step.space, step.stride, strict=True)))}]"]


def _strided(step: ExportedStep, strides: dict[int, int]) -> str:
    """An index that takes every so-manieth element along these axes."""
    axes = range(len(step.form.shape))
    return ", ".join(f"::{strides[axis]}" if axis in strides else ":" for axis in axes)


def _blur(step: ExportedStep) -> list[str]:
    """A filter along one axis after the other, with its stride."""
    taps = step["filter"]
    strides = tuple(step["stride"]) * (step.dims // len(step["stride"]))
    weights = f"np.array({[comb(taps - 1, tap) for tap in range(taps)]}) / {2 ** (taps - 1)}"
    pads = padding(step, [((taps - 1) // 2, taps // 2)] * step.dims)
    lines = [f"b = {weights}", f'x = np.pad(x, {pads}, mode="reflect")']
    for axis, stride in zip(step.space, strides, strict=True):
        windows = f"sliding_window_view(x, {taps}, axis={axis})[{_strided(step, {axis: stride})}]"
        lines.append(f"x = ({windows} @ b).astype(x.dtype)")
    return lines


def _weighted(step: ExportedStep) -> list[str]:
    whole = tuple(slice(0, size) for size in step.kernel)
    weights = weights_of(step.source.argument("weights"), step["kernel"], whole).reshape(
        step.kernel
    )
    axes = tuple(range(-step.dims, 0))
    total = f"np.nansum(w * b, axis={axes})"
    share = "" if step["no_normalize"] else f" / (~np.isnan(w) * b).sum(axis={axes})"
    return [
        *_windows(step),
        f"b = np.array({weights.tolist()})",
        f"x = ({total}{share}).astype(x.dtype)",
    ]


def _restore(step: ExportedStep) -> list[str]:
    if step["interpolation"] != "nearest":
        raise step.no("NumPy has no such interpolation of maps")
    lines = []
    for axis, length, cells in zip(step.space, step.form.space, step.output.space, strict=True):
        nearest = f"(2 * np.arange({cells}) + 1) * {length} // {2 * cells}"
        lines.append(f"x = np.take(x, {nearest}, axis={axis})")
    return lines


OWN: dict[str, Callable[[ExportedStep], list[str]]] = {
    "sample": sample_lines,
    "blur": _blur,
    "weighted": _weighted,
    "restore": _restore,
}


TARGET = Target(
    "numpy",
    ("numpy",),
    write,
    whole_numbers=True,
    has=frozenset({"footprint", "border"}),
    functions=frozenset({"lp"}),
)
