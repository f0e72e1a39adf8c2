"""Where frameworks disagree: one profile a framework, as the defaults it gives to options that are not written.

A rule that no option can say is a reducer of its own: `functions` names the function of the engine that takes a row's
place, `formulas` its formula (k: the taps of a whole window). `RULES` is the same for people: what each framework
does, or does not have, and where it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Profile(NamedTuple):
    """The defaults of one framework: of sliding windows, and of operations by their names."""

    name: str
    source: str
    windows: Mapping[str, Any] = NOTHING
    ops: Mapping[str, Mapping[str, Any]] = NOTHING
    functions: Mapping[str, str] = NOTHING
    formulas: Mapping[str, str] = NOTHING
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
            formulas={"lp": "(k sum x^p / n)^(1/p)"},
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

Told = Mapping[str, Any]


def always(_: Told) -> bool:
    """However a step is told."""
    return True


def _ceil(told: Told) -> bool:
    return bool(told.get("ceil_mode"))


def _in_numbers(told: Told) -> bool:
    padding = told.get("padding", "")
    return not isinstance(padding, str) and any(map(any, padding))


def _wide(told: Told) -> bool:
    padding, kernel = told.get("padding", ""), told.get("kernel") or ()
    if isinstance(padding, str) or not kernel:
        return False
    axes = max(len(padding), len(kernel))
    return any(
        2 * max(padding[axis % len(padding)]) > kernel[axis % len(kernel)] for axis in range(axes)
    )


def _unequal(told: Told) -> bool:
    padding = told.get("padding", "")
    return not isinstance(padding, str) and any(begin != end for begin, end in padding)


def _same(told: Told) -> bool:
    return told.get("padding") in ("same", "same-lower")


def _dilated(told: Told) -> bool:
    return any(step > 1 for step in told["dilation"])


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule that frameworks disagree about. `does` tells what each profile does; "no ..." where it has no such thing.

    It is about the operations named in `ops` (all of them where there are none), if `when` holds of what a step is
    told. `option` is the one whose default says it; "" where the framework has a formula of its own.
    """

    name: str
    does: Mapping[str, str]
    source: str
    ops: tuple[str, ...] = ()
    option: str = ""
    when: Callable[[Told], bool] = always
    indices: bool = False

    @property
    def row(self) -> tuple[str, ...]:
        """What a table shows of it."""
        return self.name, *self.does.values(), self.source

    def concerns(self, op: str, told: Told) -> bool:
        """Whether a step of this operation, told so, is under the rule."""
        return (not self.ops or op in self.ops) and self.when(told)

    def missing(self, profile: str) -> str:
        """What the framework does not have, "" where it has it."""
        return self.does[profile] if self.does[profile].startswith("no ") else ""


def _rule(name: str, *does: str, source: str, **facts: Any) -> Rule:
    return Rule(name, dict(zip(PROFILES, does, strict=True)), source, **facts)


PLACED = ("max", "min", "median", "mode", "unpool")
RULES = (
    _rule(
        "stride, when not given",
        "the kernel",
        "the kernel",
        "1",
        "the kernel",
        source="MaxPool2d; ONNX MaxPool; MaxPooling2D",
        option="stride",
    ),
    _rule(
        "ceil mode, last window",
        "dropped if it starts in the padding",
        "as poolcli",
        "as poolcli",
        "no ceil mode",
        source="Pool.h pooling_output_shape_pad_lr; ONNX defs.cc; MaxPooling2D",
        option="ceil_mode",
        when=_ceil,
    ),
    _rule(
        "padding in numbers",
        "any, clipped",
        "up to half the kernel",
        "less than the kernel",
        "no padding in numbers",
        source="Pool.h pool2d_shape_check; onnxruntime pool_attributes.h; MaxPooling2D",
        option="padding",
        when=_in_numbers,
    ),
    _rule(
        "padding above half the kernel",
        "clipped",
        "no padding above half the kernel",
        "less than the kernel",
        "no padding in numbers",
        source="Pool.h pool2d_shape_check; MaxPooling2D",
        option="padding",
        when=_wide,
    ),
    _rule(
        "padding of unequal sides",
        "any",
        "no unequal padding",
        "any",
        "no padding in numbers",
        source="MaxPool2d; ONNX pads; MaxPooling2D",
        option="padding",
        when=_unequal,
    ),
    _rule(
        "padding of lp",
        "any, clipped",
        "no padding of lp",
        "less than the kernel",
        "no lp",
        source="LPPool2d; ONNX LpPool",
        ops=("lp",),
        option="padding",
        when=_in_numbers,
    ),
    _rule(
        "padding same",
        "odd pixel at the end, or same-lower",
        "no padding same",
        "SAME_UPPER, SAME_LOWER",
        "odd pixel at the end",
        source="MaxPool2d; ONNX auto_pad; MaxPooling2D",
        option="padding",
        when=_same,
    ),
    _rule(
        "dilation of max",
        "any",
        "any",
        "any",
        "no dilation",
        source="MaxPool2d; ONNX MaxPool; MaxPooling2D",
        ops=("max",),
        option="dilation",
        when=_dilated,
    ),
    _rule(
        "dilation of avg and lp",
        "any",
        "no dilation",
        "any (opset 19, 18)",
        "no dilation",
        source="AvgPool2d, LPPool2d; ONNX AveragePool, LpPool",
        ops=("avg", "lp"),
        option="dilation",
        when=_dilated,
    ),
    _rule(
        "divisor of avg",
        "valid pixels",
        "window with padding (count_include_pad)",
        "valid pixels",
        "valid pixels",
        source="AveragePool2d.cpp; ONNX AveragePool",
        ops=("avg",),
        option="count_include_pad",
    ),
    _rule(
        "divisor of one's own",
        "any",
        "divisor_override",
        "no divisor",
        "no divisor",
        source="AvgPool2d; ONNX AveragePool; AveragePooling2D",
        ops=("avg",),
        option="divisor",
        when=lambda told: told["divisor"] is not None,
    ),
    _rule(
        "lp",
        "(sum |x|^p)^(1/p)",
        "(mean x^p * kernel)^(1/p), signed",
        "(sum |x|^p)^(1/p)",
        "no lp",
        source="functional.py lp_pool2d; ONNX LpPool",
        ops=("lp",),
    ),
    _rule(
        "NaN in max",
        "gives NaN",
        "gives NaN",
        "is ignored",
        "gives NaN",
        source="DilatedMaxPool2d; ONNX reference",
        ops=("max",),
        option="nan",
    ),
    _rule(
        "median of an even window",
        "mean of the middle two",
        "the lower",
        "no median",
        "no median",
        source="torch.median",
        ops=("median",),
        option="interpolation",
    ),
    _rule(
        "index of max",
        "in the plane",
        "in the plane",
        "in the tensor",
        "no index",
        source="MaxPool2d; ONNX Indices",
        ops=PLACED,
        option="index_order",
        indices=True,
    ),
    _rule(
        "index of a NaN",
        "the first",
        "the last",
        "the first",
        "no index",
        source="DilatedMaxPool2d",
        ops=PLACED,
        indices=True,
    ),
    _rule(
        "roi-align, half a pixel",
        "aligned",
        "not aligned",
        "aligned",
        "no roi-align",
        source="torchvision; ONNX RoiAlign",
        ops=("roi-align",),
        option="aligned",
    ),
    _rule(
        "roi-align, mode max",
        "of interpolated samples",
        "no max",
        "of weighted corners",
        "no roi-align",
        source="ONNX",
        ops=("roi-align",),
        when=lambda told: told["mode"] == "max",
    ),
)
