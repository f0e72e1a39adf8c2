"""xarray: coarsen where windows are blocks, else rolling."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.reducer_code import reducer_of
from poolcli.analysis.export.target import Target
from poolcli.maps.feature_map import Form

IMPORTS = {"np.": "import numpy as np", "xr.": "import xarray as xr"}
METHODS = {
    "max": "max()",
    "min": "min()",
    "sum": "sum()",
    "avg": "mean()",
    "std": "std()",
    "var": "var()",
}
MODES = ("edge", "reflect", "symmetric", "wrap")


def _lines(step: ExportedStep) -> list[str]:
    if step.op == "sample":
        return [f"x = x.isel({_by_name(step, [f'slice(None, None, {n})' for n in step.stride])})"]
    check_kind("xarray", step)
    check_even("xarray", step)
    if set(step.dilation) != {1}:
        raise step.no("xarray has no dilation")
    if not (step.unpadded or step.is_float):
        raise step.no("NaN marks padding here, and whole numbers have none")
    return _coarsened(step) if _are_blocks(step) else _rolled(step)


def _are_blocks(step: ExportedStep) -> bool:
    """Whether windows follow each other from the first pixel on."""
    inside = step.kernel == step.stride and not any(begin for begin, _ in step.pads)
    return inside and not (step.unpadded and any(end for _, end in step.pads))


def _coarsened(step: ExportedStep) -> list[str]:
    lengths = zip(step.form.space, step.cells, step.kernel, strict=True)
    rests = {cells * size - length for length, cells, size in lengths}
    if min(rests) < 0 < max(rests):
        raise step.no("xarray trims all axes, or pads all of them")
    word = "trim" if min(rests) < 0 else "pad"
    boundary = f', boundary="{word}"' if any(rests) else ""
    windows = f"x.coarsen({_by_name(step, step.kernel)}{boundary})"
    return _reduced(step, windows, skips=step["nan"] == "ignore" or not step.unpadded)


def _rolled(step: ExportedStep) -> list[str]:
    lines = []
    if step.unpadded:
        lines = _bordered(step) if any(map(any, step.pads)) else []
    elif any(map(any, step.pads)):
        lines = [f"x = x.pad({_by_name(step, step.pads)})  # with NaN, which is left out below"]
    skips = not step.unpadded or step["nan"] == "ignore"
    least = ", min_periods=1" if skips else ""
    *before, last = _reduced(
        step, f"x.rolling({_by_name(step, step.kernel)}{least})", skips=skips, rolls=True
    )
    ends = zip(step.kernel, step.cells, step.stride, strict=True)
    slices = [f"slice({n - 1}, {n + (cells - 1) * by}, {by})" for n, cells, by in ends]
    return [*lines, *before, f"{last}.isel({_by_name(step, slices)})"]


def _bordered(step: ExportedStep) -> list[str]:
    """The lines that put the border around: one for each axis that has its own."""
    lines = []
    edges = step.edges
    groups = {edge: [at for at, each in enumerate(edges) if each == edge] for edge in edges}
    for edge, axes in groups.items():
        pads = [(pads if at in axes else (0, 0)) for at, pads in enumerate(step.pads)]
        how = f'mode="{edge}"' if edge in MODES else f"constant_values={edge}"
        if any(map(any, pads)):
            lines.append(f"x = x.pad({_by_name(step, pads)}, {how})")
    return lines


def _reduced(step: ExportedStep, windows: str, *, skips: bool, rolls: bool = False) -> list[str]:
    """The lines that reduce windows, the last one the assignment of `x`."""
    if step.op in METHODS and (skips or rolls) and not _has_divisor(step):
        return [f"x = {windows}.{METHODS[step.op]}"]
    lines, function = reducer_of(step, "nan" if skips else "")  # its methods leave NaN out
    return [*lines, f"x = {windows}.reduce({function})"]


def _has_divisor(step: ExportedStep) -> bool:
    if step.op != "avg":
        return False
    return bool(step.divisor or (step["count_include_pad"] and not step.unpadded))


def _by_name(step: ExportedStep, values: Sequence[object]) -> str:
    """Keywords for the spatial axes."""
    names = [step.form.layout[axis].lower() for axis in step.space]
    return ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))


def write(steps: Sequence[ExportedStep], form: Form) -> str:
    """A function of an array of the plan's layout."""
    names = tuple(form.layout.lower())
    around = [f"x = xr.DataArray(x, dims={names})"], ["x = x.values"]
    return function_of_array(steps, _lines, IMPORTS, around)


TARGET = Target("xarray", ("xarray",), write, whole_numbers=True, has=frozenset({"border"}))
