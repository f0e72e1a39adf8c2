"""PyTorch: layers where there are some, else expressions of `x`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import ExportedStep, check_channels_first, sizes
from poolcli.analysis.export.target import Target
from poolcli.analysis.export.torch_expressions import FORMULAS, WindowExpressions, arguments, sides
from poolcli.engine.reducers.weighted import weights_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form


def _result(names: dict[str, Any], x: Array) -> Any:
    import torch

    with torch.no_grad():
        return names["pool"](torch.from_numpy(x)).numpy()


def write(steps: Sequence[ExportedStep], form: Form) -> str:  # noqa: ARG001 - the shape is in the step
    """An nn.Sequential if every step is a layer, else a function."""
    lines = [line for step in steps for line in _lines(step)]
    if all(line.startswith("nn.") for line in lines):
        inside = "".join(f"    {line},\n" for line in lines)
        return f"from torch import nn\n\npool = nn.Sequential(\n{inside})\n"
    body = "".join(
        f"    x = {line}(x)\n" if line.startswith("nn.") else f"    x = {line}\n" for line in lines
    )
    imports = [
        *(["import math\n"] if "math." in body else []),
        *(["import torch\n"] if "torch." in body else []),
        *(["from torch import nn\n"] if "nn." in body else []),
        *(["from torch.nn import functional as F\n"] if "F." in body else []),
    ]
    return f"{''.join(imports)}\n\ndef pool(x):\n{body}    return x\n"


def _lines(step: ExportedStep) -> list[str]:
    """A step as layers, which begin with "nn.", or as expressions."""
    check_channels_first("torch", step)
    if step.op in OWN:
        return OWN[step.op](step)
    pyramid = step.kind == "spatial pyramid"
    kind = "adaptive" if step.kind == "global" else step.kind
    layers = None if pyramid else LAYERS.get((step.op, kind))
    if layers and (lines := layers(step)):
        return lines
    if step.op not in FORMULAS:
        raise step.no(f"torch has no {step.op}")
    text = FORMULAS[step.op](WindowExpressions(step), step)
    if pyramid:
        levels = f"({', '.join(map(str, step['levels']))},)"
        return [f"torch.cat([({text}).flatten({-1 - step.dims}) for n in {levels}], -1)"]
    return [text]


# Layers; no lines where there is no layer for these options.


def _max(step: ExportedStep) -> list[str]:
    name, pads = f"nn.MaxPool{step.dims}d", step.even_pads
    if pads is not None:
        return [f"{name}({arguments(step, pads, dilation=True)})"]
    return [_padding(step, "float('-inf')"), f"{name}({arguments(step, (), dilation=True)})"]


def _avg(step: ExportedStep) -> list[str]:
    pads = step.even_pads
    divisor, include = step.divisor, step["count_include_pad"]
    name = f"nn.AvgPool{step.dims}d"
    if set(step.dilation) != {1} or (divisor and (step.dims == 1 or divisor != int(divisor))):
        return []
    more = f", divisor_override={int(divisor)}" if divisor else ""
    if pads is not None:
        excludes_pads = any(pads) and not include and not divisor
        more = ", count_include_pad=False" if excludes_pads else more
        return [f"{name}({arguments(step, pads)}{more})"]
    if include and not step.counts_all and not divisor:
        raise step.no("torch counts padding at both ends alike")
    if not (include or divisor):
        return []
    return [_padding(step, "0.0"), f"{name}({arguments(step, ())}{more})"]


def _lp(step: ExportedStep) -> list[str]:
    norm, is_torch = step["norm"], step["semantics"] == "torch"
    if is_torch and any(map(any, step.asked_pads or step.pads)):
        raise step.no("LPPool has no padding")
    if (is_torch or (step.unpadded and norm % 2 == 0)) and set(step.dilation) == {1}:
        return [f"nn.LPPool{step.dims}d({norm}, {arguments(step, (0,) * step.dims)})"]
    return []


LAYERS: dict[tuple[str, str], Callable[[ExportedStep], list[str]]] = {
    ("max", "sliding"): _max,
    ("avg", "sliding"): _avg,
    ("lp", "sliding"): _lp,
    ("lp", "global"): _lp,
    ("max", "adaptive"): lambda step: [f"nn.AdaptiveMaxPool{step.dims}d({sizes(step.cells)})"],
    ("avg", "adaptive"): lambda step: [f"nn.AdaptiveAvgPool{step.dims}d({sizes(step.cells)})"],
}


def _padding(step: ExportedStep, value: str) -> str:
    return f"nn.ConstantPad{step.dims}d({sides(step)}, {value})"


# Operations that pool no cells.


def _sample(step: ExportedStep) -> list[str]:
    return [f"x[..., {', '.join(f'::{stride}' for stride in step.stride)}]"]


def _blur(step: ExportedStep) -> list[str]:
    taps, channels = step["filter"], step.form.frame.channels
    line = np.array([comb(taps - 1, tap) for tap in range(taps)]) / 2 ** (taps - 1)
    pads = ", ".join([str((taps - 1) // 2), str(taps // 2)] * step.dims)
    stride, kernel = step["stride"], _kernel(_outer(line, step.dims), step)
    return [
        f'F.pad(x, ({pads}), mode="reflect")',
        f"F.conv{step.dims}d(x, {kernel}, stride={sizes(stride)}, groups={channels})",
    ]


def _outer(line: Array, dims: int) -> Array:
    whole = line
    for _ in range(dims - 1):
        whole = np.multiply.outer(whole, line)
    return whole


def _kernel(weights: Array, step: ExportedStep) -> str:
    """Weights as a tensor for every channel."""
    shape = f"{step.form.frame.channels}, 1{', -1' * step.dims}"
    return f"torch.tensor({weights.tolist()}).to(x).expand({shape})"


def _weighted(step: ExportedStep) -> list[str]:
    channels = step.form.frame.channels
    whole = tuple(slice(0, size) for size in step.kernel)
    weights = weights_of(step.source.argument("weights"), step["kernel"], whole).reshape(
        step.kernel
    )
    even = step.pads if all(begin == end for begin, end in step.pads) else None
    pads = f"padding={sizes(tuple(begin for begin, _ in even))}, " if even else ""
    rest = f"stride={sizes(step.stride)}, {pads}dilation={sizes(step.dilation)}, groups={channels})"
    lines = [] if even else [f"F.pad(x, {sides(step)})"]
    if step["no_normalize"] or step.unpadded:
        share = 1 if step["no_normalize"] else weights.sum()
        return [*lines, f"F.conv{step.dims}d(x, {_kernel(weights / share, step)}, {rest}"]
    raise step.no(
        "torch's convolution does not leave padding out of the mean: "
        "`no_normalize` is a convolution"
    )


def _restore(step: ExportedStep) -> list[str]:
    if step.form.frame.batch is None:
        raise step.no("torch's Upsample takes a batch")
    modes = {
        "nearest": "nearest-exact",
        "bilinear": ("linear", "bilinear", "trilinear")[step.dims - 1],
    }
    size, mode = step.output.space, modes[step["interpolation"]]
    return [f'nn.Upsample(size=({", ".join(map(str, size))},), mode="{mode}")']


OWN: dict[str, Callable[[ExportedStep], list[str]]] = {
    "sample": _sample,
    "blur": _blur,
    "weighted": _weighted,
    "restore": _restore,
}


TARGET = Target("torch", ("torch",), write, _result, functions=frozenset({"lp"}))
