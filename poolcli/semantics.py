"""Where frameworks disagree: one profile a framework, as the defaults it gives to options that are not written.

A rule that no option can say is a reducer of its own: `functions` names the function of the engine that takes a row's
place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Profile:
    """The defaults of one framework: of sliding windows, and of operations by their names."""

    name: str
    source: str
    windows: Mapping[str, Any] = field(default_factory=dict)
    ops: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    index_of_nan: str = "first"

    def defaults(self, op: str, *, slides: bool) -> Mapping[str, Any]:
        """What options that are not written stand for, where that differs from poolcli."""
        return {**(self.windows if slides else {}), **self.ops.get(op, {})}


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("poolcli", "poolcli's own"),
        Profile(
            "torch",
            "PyTorch 2.13, torchvision",
            ops={
                "avg": {"count_include_pad": True},
                "median": {"interpolation": "lower"},
                "roi-align": {"aligned": False},
            },
            functions={"lp": "lp_of_mean"},
            index_of_nan="last",
        ),
        Profile(
            "onnx",
            "ONNX opset 22",
            windows={"stride": (1,)},
            ops={
                "max": {"nan": "ignore", "index_order": "tensor"},
                "min": {"index_order": "tensor"},
                "median": {"index_order": "tensor"},
                "mode": {"index_order": "tensor"},
                "unpool": {"stride": (1,), "index_order": "tensor"},
                "roi-align": {"aligned": True},
            },
            functions={"roi-align": "roi_align_of_corners"},
        ),
        Profile("keras", "Keras 3"),
    )
}

# What a person compares: the rule, what each profile does, and where it is written.
RULES = (
    ("stride, when not given", "the kernel", "the kernel", "1", "the kernel", "MaxPool2d; ONNX MaxPool; MaxPooling2D"),
    ("ceil mode, last window", "dropped if it starts in the padding", "as poolcli", "as poolcli", "no ceil mode",
     "Pool.h pooling_output_shape_pad_lr; ONNX defs.cc"),
    ("divisor of avg", "valid pixels", "window with padding (count_include_pad)", "valid pixels", "valid pixels",
     "AveragePool2d.cpp; ONNX AveragePool"),
    ("lp", "(sum |x|^p)^(1/p)", "(mean x^p * kernel)^(1/p), signed", "(sum |x|^p)^(1/p)", "no lp",
     "functional.py lp_pool2d; ONNX LpPool"),
    ("NaN in max", "gives NaN", "gives NaN", "is ignored", "gives NaN", "DilatedMaxPool2d; ONNX reference"),
    ("median of an even window", "mean of the middle two", "the lower", "no median", "no median", "torch.median"),
    ("index of max", "in the plane", "in the plane", "in the tensor", "no index", "MaxPool2d; ONNX Indices"),
    ("index of a NaN", "the first", "the last", "the first", "no index", "DilatedMaxPool2d"),
    ("roi-align, half a pixel", "aligned", "not aligned", "aligned", "no roi-align", "torchvision; ONNX RoiAlign"),
    ("roi-align, mode max", "of interpolated samples", "no max", "of weighted corners", "no roi-align", "ONNX"),
)  # fmt: skip
