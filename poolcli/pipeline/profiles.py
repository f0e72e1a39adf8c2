"""Profiles: the defaults that a framework sets where an option is not written.

What no option can express is a reducer of its own: `functions` names the function of the engine
that replaces the row's, as an entry point, and `formulas` its formula (k: the taps of a whole
window).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Profile(NamedTuple):
    """The defaults of one framework: of sliding windows, and of operations by their names.

    `index_of_nan` is which of several NaN in a window an index names, "first" or "last".
    """

    name: str
    source: str
    windows: Mapping[str, Any] = NOTHING
    ops: Mapping[str, Mapping[str, Any]] = NOTHING
    functions: Mapping[str, str] = NOTHING
    formulas: Mapping[str, str] = NOTHING
    index_of_nan: str = "first"

    def defaults(self, op: str, *, slides: bool) -> Mapping[str, Any]:
        """Return the defaults of an operation that differ from poolcli's."""
        return {**(self.windows if slides else {}), **self.ops.get(op, {})}


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("poolcli", source="poolcli's own"),
        Profile(
            "torch",
            source="PyTorch 2.13, torchvision",
            ops={
                "avg": {"count_include_pad": True},
                "median": {"interpolation": "lower"},
                "roi-align": {"aligned": False},
            },
            functions={"lp": "poolcli.engine.reducers.folds:lp_of_mean"},
            formulas={"lp": "(k sum x^p / n)^(1/p)"},
            index_of_nan="last",
        ),
        Profile(
            "onnx",
            source="ONNX opset 22",
            windows={"stride": (1,)},
            ops={
                "max": {"nan": "ignore", "index_order": "tensor"},
                "min": {"index_order": "tensor"},
                "median": {"index_order": "tensor"},
                "mode": {"index_order": "tensor"},
                "unpool": {"stride": (1,), "index_order": "tensor"},
                "roi-align": {"aligned": True},
            },
            functions={"roi-align": "poolcli.engine.operations.roi_align:roi_align_of_corners"},
        ),
        Profile("keras", source="Keras 3"),
    )
}
