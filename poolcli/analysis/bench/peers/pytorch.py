"""PyTorch: channels first and last, sliding and adaptive; order statistics of unfolded windows."""

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
