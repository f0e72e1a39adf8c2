"""PyTorch: channels first and last, sliding and adaptive; order statistics of unfolded windows.

`torch.nn.functional` makes new outputs. The operators behind it write into tensors that exist, but
for lp_pool; those of max write the indices, too, as max_pool2d does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn import functional

from poolcli.analysis.bench.case import Case
from poolcli.maps.array import Array
from poolcli.pipeline.window_kinds import SLIDING
from poolcli.resources.threads import cores

torch.set_num_threads(cores())
torch.set_grad_enabled(False)
PeerCall = Callable[[], Any]


def can(case: Case) -> bool:
    if case.op in ("median", "mode"):
        return case.slides and not case.padded and len(case.kernel) == 2
    return case.op in ("max", "avg", "lp") and case.slides and not (case.op == "lp" and case.padded)


def prepare(case: Case) -> list[PeerCall]:
    x = torch.from_numpy(case.planes)
    if case.op in ("median", "mode"):
        return [lambda: _unfolded(x, case)]
    last = {4: torch.channels_last, 5: torch.channels_last_3d}.get(x.ndim)
    orders = [x] if last is None or x.shape[1] == 1 else [x, x.contiguous(memory_format=last)]
    return [call for order in orders for call in _calls(order, case)]


def read(case: Case, result: Any) -> Array:
    return case.unplaned(result.numpy())


def _calls(x: Any, case: Case) -> Iterator[PeerCall]:
    axes = len(case.kernel)
    pool = getattr(functional, f"{case.op}_pool{axes}d")
    yield _integer_safe(x, case, lambda t: pool(t, **_windows(case)))
    if case.op != "lp" and case.step.windows is not SLIDING:
        adaptive = getattr(functional, f"adaptive_{case.op}_pool{axes}d")
        yield _integer_safe(x, case, lambda t: adaptive(t, case.cells))
    if case.op in ("max", "avg") and x.dtype == torch.float32:
        yield from _calls_into(x, case)


def _calls_into(x: Any, case: Case) -> Iterator[PeerCall]:
    """The calls that write into tensors that exist."""
    axes, operators = len(case.kernel), torch.ops.aten
    result = getattr(functional, f"{case.op}_pool{axes}d")(x, **_windows(case))
    out = torch.empty_like(result)
    if case.op == "avg":
        pool = getattr(operators, f"avg_pool{axes}d").out
        yield lambda: pool(x, **_windows(case), out=out)
        if case.kernel == case.sizes:
            yield lambda: torch.mean(x, tuple(range(2, 2 + axes)), keepdim=True, out=out)
    elif axes > 1:
        indices = torch.empty_like(result, dtype=torch.int64)
        pool = getattr(operators, f"max_pool{axes}d_with_indices").out
        yield lambda: pool(x, **_windows(case), out=out, indices=indices)[0]
    if case.step.windows is SLIDING or axes == 1:
        return
    if case.op == "avg":
        adaptive = getattr(operators, f"adaptive_avg_pool{axes}d").out
        yield lambda: adaptive(x, case.cells, out=out)
    else:
        adaptive = getattr(operators, f"adaptive_max_pool{axes}d").out
        yield lambda: adaptive(x, case.cells, out=out, indices=indices)[0]


def _windows(case: Case) -> dict[str, object]:
    windows: dict[str, object] = {"kernel_size": case.kernel, "stride": case.stride}
    if len(case.kernel) == 1:
        windows = {"kernel_size": case.kernel[0], "stride": case.stride[0]}
    if case.op == "lp":
        return {**windows, "norm_type": float(case.step["norm"])}
    padding = tuple(begin for begin, _ in case.padding)
    return {
        **windows,
        "padding": padding,
        **({"count_include_pad": case.step["count_include_pad"]} if case.op == "avg" else {}),
    }


def _integer_safe(x: Any, case: Case, pool: Callable[[Any], Any]) -> PeerCall:
    """The call, by floats where torch does not pool bytes: their mean, and channels last."""
    if x.dtype == torch.uint8 and (case.op == "avg" or not x.is_contiguous()):
        return lambda: pool(x.float()).round_().byte()
    return lambda: pool(x)


def _unfolded(x: Any, case: Case) -> Any:
    for axis, kernel, stride in zip((2, 3), case.kernel, case.stride, strict=True):
        x = x.unfold(axis, kernel, stride)
    return getattr(x.flatten(-2), case.op)(-1).values
