"""OpenCV's functions of images: resize with INTER_AREA, dilate, erode, medianBlur."""

from poolcli.pipeline.profile import Cited, ConditionalDefaults, Profile

PROFILE = Profile(
    "opencv",
    library="OpenCV 5.0 imgproc",
    rules={
        "stride, when not given": Cited("the kernel", "resize, INTER_AREA"),
        "rest of the map": Cited("shared by all cells (--area)", "resize, INTER_AREA"),
        "divisor of avg": Cited("valid pixels", "resize, INTER_AREA"),
        "rounding of whole numbers": Cited("half up of 2x2, else half to even", "run with 5.0.0"),
        "median of an even window": Cited("no even window", "medianBlur"),
        "area": Cited("INTER_AREA", "resize.cpp computeResizeAreaTab"),
        "border": Cited("none of INTER_AREA; edge of medianBlur", "medianBlur"),
    },
    conditional=(ConditionalDefaults("avg", "kernel", ((2,), (2, 2)), {"round": "half-up"}),),
)
