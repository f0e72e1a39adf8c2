"""scikit-image: block_reduce where windows are blocks, else view_as_windows."""

from __future__ import annotations

from collections.abc import Sequence

from poolcli.analysis.export.array_code import function_of_array
from poolcli.analysis.export.exported_step import ExportedStep, check_even, check_kind
from poolcli.analysis.export.numpy import padded_lines, reduced_lines, sample_lines
from poolcli.analysis.export.reducer_code import reducer_of
from poolcli.analysis.export.target import Target, space_slices
from poolcli.maps.feature_map import Form

IMPORTS = {
    "np.": "import numpy as np",
    "block_reduce": "from skimage.measure import block_reduce",
    "view_as_windows": "from skimage.util import view_as_windows",
}


def _lines(step: ExportedStep) -> list[str]:
    if step.op == "sample":
        return sample_lines(step)
    check_kind("skimage", step)
    check_even("skimage", step)
    return _blocks(step) if _are_blocks(step) else _windows(step)


def _are_blocks(step: ExportedStep) -> bool:
    """Whether windows follow each other from the first pixel on, the last filled with one value."""
    alike = step.kernel == step.stride and not step.has_gaps and len(set(step.edges)) == 1
    return alike and not any(begin for begin, _ in step.pads) and not isinstance(_fill(step), str)


def _fill(step: ExportedStep) -> float | str:
    """What fills the last blocks; "clip" for NaN, and the word of any other border."""
    edge = step.edges[0]
    return 0.0 if edge == "clip" else edge


def _blocks(step: ExportedStep) -> list[str]:
    clips = not step.unpadded
    if clips and not step.is_float:
        raise step.no("NaN marks padding here, and whole numbers have none")
    sizes = dict(zip(step.space, step.kernel, strict=True))
    block = tuple(sizes.get(axis, 1) for axis in range(len(step.form.shape)))
    lines, function = reducer_of(step, "nan" if clips else "")
    fill = "np.nan" if clips else f"{_fill(step):g}"
    more = f", cval={fill}" if any(end for _, end in step.pads) and fill != "0" else ""
    return [*lines, f"x = block_reduce({_cropped(step)}, {block}, {function}{more})"]


def _cropped(step: ExportedStep) -> str:
    """The map without the rest that makes no whole block."""
    lengths = zip(step.form.space, step.cells, step.kernel, strict=True)
    slices = [":" if cells * size >= n else f":{cells * size}" for n, cells, size in lengths]
    index = space_slices(step, slices)
    return f"x[{index}]" if index else "x"


def _windows(step: ExportedStep) -> list[str]:
    lines = padded_lines(step) if any(map(any, step.pads)) else []
    axes = range(len(step.form.shape))
    spans, strides = (
        dict(zip(step.space, sizes, strict=True)) for sizes in (step.spans, step.stride)
    )
    window = tuple(spans.get(axis, 1) for axis in axes)
    text = f"view_as_windows(x, {window}, {tuple(strides.get(axis, 1) for axis in axes)})"
    gaps = dict(zip(step.space, step.dilation, strict=True))
    taps = [f"::{gaps[axis]}" if axis in gaps else "0" for axis in axes]
    lines.append(f"w = {text}[..., {', '.join(taps)}]".replace("::1", ":"))
    reduced_axes = tuple(range(-step.dims, 0))
    if step.footprint is not None:
        flags = step.footprint.taps.astype(int).tolist()
        lines.append(f"w = w[..., np.array({flags}, bool)]  # the footprint's taps on one axis")
        reduced_axes = (-1,)
    return [*lines, *reduced_lines(step, "" if step.unpadded else "nan", reduced_axes, "x")]


def write(steps: Sequence[ExportedStep], form: Form) -> str:  # noqa: ARG001 - the shape is in the step
    """A function of an array of the plan's layout."""
    return function_of_array(steps, _lines, IMPORTS)


TARGET = Target(
    "skimage", ("skimage",), write, whole_numbers=True, has=frozenset({"footprint", "border"})
)
