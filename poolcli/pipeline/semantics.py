"""Where frameworks disagree: what each of them does is in its profile, with the source."""

from __future__ import annotations

from poolcli.pipeline.semantics_rule import (
    SemanticsRule,
    bordered,
    ceil,
    dilated,
    in_numbers,
    may_be_empty,
    same,
    unequal,
    wide,
)

INDEXED = ("max", "min", "median", "mode", "unpool")
RULES = (
    SemanticsRule(
        "kernel, when not given",
        lacks="asked for",
        option="global",
    ),
    SemanticsRule(
        "stride, when not given",
        lacks="no stride",
        option="stride",
    ),
    SemanticsRule(
        "ceil mode, last window",
        lacks="no ceil mode",
        option="ceil_mode",
        when=ceil,
    ),
    SemanticsRule(
        "window without a pixel",
        lacks="does not come up",
        option="empty",
        when=may_be_empty,
    ),
    SemanticsRule(
        "padding in numbers",
        lacks="no padding in numbers",
        option="padding",
        when=in_numbers,
    ),
    SemanticsRule(
        "padding above half the kernel",
        lacks="no padding in numbers",
        option="padding",
        when=wide,
    ),
    SemanticsRule(
        "padding of unequal sides",
        lacks="no padding in numbers",
        option="padding",
        when=unequal,
    ),
    SemanticsRule(
        "padding of lp",
        lacks="no lp",
        ops=("lp",),
        option="padding",
        when=in_numbers,
    ),
    SemanticsRule(
        "padding same",
        lacks="no padding same",
        option="padding",
        when=same,
    ),
    SemanticsRule(
        "border",
        lacks="no border",
        option="border",
        when=bordered,
    ),
    SemanticsRule(
        "footprint",
        lacks="no footprint",
        option="footprint",
        when=lambda options: options.get("footprint") is not None,
    ),
    SemanticsRule(
        "area",
        lacks="no cells of equal area",
        option="area",
        when=lambda options: options.get("area") is not None,
    ),
    SemanticsRule(
        "rest of the map",
        lacks="left out",
        option="exact",
    ),
    SemanticsRule(
        "dilation of max",
        lacks="no dilation",
        ops=("max",),
        option="dilation",
        when=dilated,
    ),
    SemanticsRule(
        "dilation of avg and lp",
        lacks="no dilation",
        ops=("avg", "lp"),
        option="dilation",
        when=dilated,
    ),
    SemanticsRule(
        "divisor of avg",
        lacks="no avg",
        ops=("avg",),
        option="count_include_pad",
    ),
    SemanticsRule(
        "divisor of one's own",
        lacks="no divisor",
        ops=("avg",),
        option="divisor",
        when=lambda options: not isinstance(options["divisor"], (str, type(None))),
    ),
    SemanticsRule("l2", lacks="no l2", ops=("l2",), option="functions"),
    SemanticsRule("quantile", lacks="no quantile", ops=("quantile",), option="functions"),
    SemanticsRule(
        "rounding of whole numbers",
        lacks="does not come up",
        ops=("avg", "l2"),
        option="round",
    ),
    SemanticsRule(
        "lp",
        lacks="no lp",
        ops=("lp",),
        option="functions",
    ),
    SemanticsRule(
        "NaN in max",
        lacks="not documented",
        ops=("max",),
        option="nan",
    ),
    SemanticsRule(
        "NaN in avg",
        lacks="gives NaN",
        ops=("avg", "sum", "min", "std", "median"),
        option="nan",
    ),
    SemanticsRule(
        "valid pixels of a window",
        lacks="one at least",
        option="min_valid",
    ),
    SemanticsRule(
        "median of an even window",
        lacks="no median",
        ops=("median",),
        option="interpolation",
    ),
    SemanticsRule(
        "index of max",
        lacks="no index",
        ops=INDEXED,
        option="index_order",
        indices=True,
    ),
    SemanticsRule(
        "index of a NaN",
        lacks="no index",
        ops=INDEXED,
        option="index_of_nan",
        indices=True,
    ),
    SemanticsRule(
        "indices of unpool count in",
        lacks="no unpool",
        ops=("unpool",),
        option="indices_in",
        when=lambda options: options["output_size"] is not None,
    ),
    SemanticsRule(
        "box outside the map, or swapped",
        lacks="does not come up",
        option="any_box",
        when=lambda options: options.get("boxes") is not None,
    ),
    SemanticsRule(
        "roi-align, half a pixel",
        lacks="no roi-align",
        ops=("roi-align",),
        option="aligned",
    ),
    SemanticsRule(
        "roi-align, mode max",
        lacks="no roi-align",
        ops=("roi-align",),
        option="functions",
        when=lambda options: options["mode"] == "max",
    ),
)
