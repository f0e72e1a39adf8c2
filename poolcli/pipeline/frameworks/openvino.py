"""OpenVINO, as its CPU plugin computes."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "openvino",
    library="OpenVINO 2026.4, MaxPool-14, AvgPool-16",
    rules={
        "stride, when not given": Cited("the kernel; OpenVINO asks for it", "MaxPool-14"),
        "ceil mode, last window": Cited("kept (ceil_torch: dropped)", "rounding_type"),
        "window without a pixel": Cited(
            "max is -3.4e38, avg is 0 (or NaN, by the CPU)", "run on the CPU plugin"
        ),
        "padding in numbers": Cited(
            "any of max, less than the kernel of avg", "run on the CPU plugin"
        ),
        "padding above half the kernel": Cited(
            "any of max, less than the kernel of avg", "run on the CPU plugin"
        ),
        "padding of unequal sides": Cited("any", "MaxPool-14"),
        "padding same": Cited("SAME_UPPER, SAME_LOWER", "auto_pad"),
        "dilation of max": Cited("any", "MaxPool-14"),
        "dilation of avg and lp": Cited("any", "AvgPool-16"),
        "divisor of avg": Cited("valid pixels (exclude-pad)", "AvgPool-14"),
        "NaN in max": Cited("is ignored", "run on the CPU plugin"),
        "index of max": Cited("in the tensor (axis 0)", "MaxPool-14"),
        "index of a NaN": Cited("does not come up", "run on the CPU plugin"),
        "roi-align, half a pixel": Cited("not aligned (asymmetric)", "ROIAlign-9"),
        "roi-align, mode max": Cited(
            "of interpolated samples, 0 at least", "run on the CPU plugin"
        ),
    },
    ops={
        "max": {"nan": "ignore", "index_order": "tensor"},
        "unpool": {"index_order": "tensor"},
        "roi-align": {"aligned": False},
    },
    functions={"roi-align": "poolcli.engine.operations.roi_align:roi_align_from_zero"},
    empty={"max": "least finite", "avg": 0},
    ceil_rule="keep",
)
