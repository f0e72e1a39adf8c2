"""PyTorch: layers where there are some, else expressions in x."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from typing import Any

import numpy as np

from poolcli.analysis.export.exported_step import Facts, channels_first, sizes
from poolcli.analysis.export.torch_expressions import FORMULAS, Words, arguments, sides
from poolcli.engine.reducers.weighted import weights_of
from poolcli.maps.array import Array
from poolcli.maps.feature_map import Form

NEEDS = "torch"


def version() -> str | None:
    try:
        import torch
    except ImportError:
        return None
    return str(torch.__version__).partition("+")[0]


def run(code: str, x: Array) -> Any:
    import torch

    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - written a moment ago, to be tried
    with torch.no_grad():
        return names["pool"](torch.from_numpy(x)).numpy()


def write(steps: Sequence[Facts], form: Form) -> str:  # noqa: ARG001 - the shape is in the facts
    """An nn.Sequential of layers, or a function where a step is none."""
    lines = [line for facts in steps for line in _lines(facts)]
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


def _lines(facts: Facts) -> list[str]:
    """A step as layers, which begin with nn., or as expressions."""
    channels_first("torch", facts)
    if facts.op in OWN:
        return OWN[facts.op](facts)
    pyramid = facts.kind == "spatial pyramid"
    layers = (
        None
        if pyramid
        else LAYERS.get((facts.op, "adaptive" if facts.kind == "global" else facts.kind))
    )
    if layers and (found := layers(facts)):
        return found
    if facts.op not in FORMULAS:
        raise facts.no(f"torch has no {facts.op}")
    text = FORMULAS[facts.op](Words(facts), facts)
    if pyramid:
        levels = f"({', '.join(map(str, facts.step['levels']))},)"
        return [f"torch.cat([({text}).flatten({-1 - facts.dims}) for n in {levels}], -1)"]
    return [text]


# Layers -------------------------------------------------------------------------------------------------------


def _max(facts: Facts) -> list[str]:
    name, even = f"nn.MaxPool{facts.dims}d", facts.even
    if even is not None:
        return [f"{name}({arguments(facts, even, dilation=True)})"]
    return [_padding(facts, "float('-inf')"), f"{name}({arguments(facts, (), dilation=True)})"]


def _avg(facts: Facts) -> list[str]:
    step, even = facts.step, facts.even
    divisor, include = step["divisor"], step["count_include_pad"]
    one = f"nn.AvgPool{facts.dims}d"
    if set(facts.dilation) != {1} or (divisor and (facts.dims == 1 or divisor != int(divisor))):
        return []
    more = f", divisor_override={int(divisor)}" if divisor else ""
    if even is not None:
        more = ", count_include_pad=False" if any(even) and not include and not divisor else more
        return [f"{one}({arguments(facts, even)}{more})"]
    if include and not facts.counts_all and not divisor:
        raise facts.no("torch counts padding at both ends alike")
    return (
        [_padding(facts, "0.0"), f"{one}({arguments(facts, ())}{more})"]
        if include or divisor
        else []
    )


def _lp(facts: Facts) -> list[str]:
    norm, torchs = facts.step["norm"], facts.step["semantics"] == "torch"
    if torchs and any(map(any, facts.told or facts.pads)):
        raise facts.no("LPPool has no padding")
    if (torchs or (facts.whole and norm % 2 == 0)) and set(facts.dilation) == {1}:
        return [f"nn.LPPool{facts.dims}d({norm}, {arguments(facts, (0,) * facts.dims)})"]
    return []


LAYERS: dict[tuple[str, str], Callable[[Facts], list[str]]] = {
    ("max", "sliding"): _max,
    ("avg", "sliding"): _avg,
    ("lp", "sliding"): _lp,
    ("lp", "global"): _lp,
    ("max", "adaptive"): lambda facts: [f"nn.AdaptiveMaxPool{facts.dims}d({sizes(facts.cells)})"],
    ("avg", "adaptive"): lambda facts: [f"nn.AdaptiveAvgPool{facts.dims}d({sizes(facts.cells)})"],
}


def _padding(facts: Facts, value: str) -> str:
    return f"nn.ConstantPad{facts.dims}d({sides(facts)}, {value})"


# What is no pooling -------------------------------------------------------------------------------------------


def _sample(facts: Facts) -> list[str]:
    return [f"x[..., {', '.join(f'::{step}' for step in facts.stride)}]"]


def _blur(facts: Facts) -> list[str]:
    taps, channels = facts.step["filter"], facts.form.frame.channels
    line = np.array([comb(taps - 1, tap) for tap in range(taps)]) / 2 ** (taps - 1)
    pads = ", ".join([str((taps - 1) // 2), str(taps // 2)] * facts.dims)
    stride, kernel = facts.step["stride"], _kernel(_outer(line, facts.dims), facts)
    return [
        f'F.pad(x, ({pads}), mode="reflect")',
        f"F.conv{facts.dims}d(x, {kernel}, stride={sizes(stride)}, groups={channels})",
    ]


def _outer(line: Array, dims: int) -> Array:
    whole = line
    for _ in range(dims - 1):
        whole = np.multiply.outer(whole, line)
    return whole


def _kernel(weights: Array, facts: Facts) -> str:
    """Weights as a tensor for every channel."""
    return f"torch.tensor({weights.tolist()}).to(x).expand({facts.form.frame.channels}, 1{', -1' * facts.dims})"


def _weighted(facts: Facts) -> list[str]:
    step, channels = facts.step, facts.form.frame.channels
    whole = tuple(slice(0, size) for size in facts.kernel)
    weights = weights_of(step.argument("weights"), step["kernel"], whole).reshape(facts.kernel)
    even = facts.pads if all(begin == end for begin, end in facts.pads) else None
    pads = f"padding={sizes(tuple(begin for begin, _ in even))}, " if even else ""
    rest = (
        f"stride={sizes(facts.stride)}, {pads}dilation={sizes(facts.dilation)}, groups={channels})"
    )
    lines = [] if even else [f"F.pad(x, {sides(facts)})"]
    if step["no_normalize"] or facts.whole:
        share = 1 if step["no_normalize"] else weights.sum()
        return [*lines, f"F.conv{facts.dims}d(x, {_kernel(weights / share, facts)}, {rest}"]
    raise facts.no(
        "torch's convolution does not leave padding out of the mean: --no-normalize is a convolution"
    )


def _restore(facts: Facts) -> list[str]:
    if facts.form.frame.batch is None:
        raise facts.no("torch's Upsample takes a batch")
    modes = {
        "nearest": "nearest-exact",
        "bilinear": ("linear", "bilinear", "trilinear")[facts.dims - 1],
    }
    size, mode = facts.output.space, modes[facts.step["interpolation"]]
    return [f'nn.Upsample(size=({", ".join(map(str, size))},), mode="{mode}")']


OWN: dict[str, Callable[[Facts], list[str]]] = {
    "sample": _sample,
    "blur": _blur,
    "weighted": _weighted,
    "restore": _restore,
}
