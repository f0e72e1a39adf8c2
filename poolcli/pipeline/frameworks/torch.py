"""PyTorch and torchvision."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "torch",
    library="PyTorch 2.13, torchvision",
    rules={
        "stride, when not given": Cited("the kernel", "MaxPool2d"),
        "ceil mode, last window": Cited(
            "dropped if it starts in the padding", "Pool.h pooling_output_shape_pad_lr"
        ),
        "window without a pixel": Cited(
            "max is -inf, or the lowest integer; avg is 0", "MaxPoolKernel.cpp; AvgPoolKernel.cpp"
        ),
        "padding in numbers": Cited("up to half the kernel", "Pool.h pool2d_shape_check"),
        "padding above half the kernel": Cited(
            "no padding above half the kernel", "Pool.h pool2d_shape_check"
        ),
        "padding of unequal sides": Cited("no unequal padding", "MaxPool2d"),
        "padding of lp": Cited("no padding of lp", "LPPool2d"),
        "dilation of max": Cited("any", "MaxPool2d"),
        "dilation of avg and lp": Cited("no dilation", "AvgPool2d, LPPool2d"),
        "divisor of avg": Cited("window with padding (count_include_pad)", "AveragePool2d.cpp"),
        "divisor of one's own": Cited("divisor_override", "AvgPool2d"),
        "lp": Cited("(mean x^p * kernel)^(1/p), signed", "functional.py lp_pool2d"),
        "NaN in max": Cited("gives NaN", "DilatedMaxPool2d"),
        "median of an even window": Cited("the lower", "torch.median"),
        "index of max": Cited("in the plane", "MaxPool2d"),
        "index of a NaN": Cited("the last", "DilatedMaxPool2d"),
        "indices of unpool count in": Cited("the result", "MaxUnpool2d output_size"),
        "box outside the map, or swapped": Cited(
            "zeros; size 1 at least", "torchvision roi_pool_kernel.cpp, roi_align_kernel.cpp"
        ),
        "roi-align, half a pixel": Cited("not aligned", "torchvision roi_align"),
        "roi-align, mode max": Cited("no max", "torchvision roi_align"),
    },
    ops={
        "avg": {"count_include_pad": True},
        "median": {"interpolation": "lower"},
        "roi-align": {"aligned": False},
    },
    functions={"lp": "poolcli.engine.reducers.folds:lp_of_mean"},
    formulas={"lp": "(k sum x^p / n)^(1/p)"},
    index_of_nan="last",
    any_box=True,
    empty={"max": "lowest", "avg": 0, "lp": 0},
)
