"""scikit-image, by skimage.measure.block_reduce."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "skimage",
    library="scikit-image 0.26",
    rules={
        "stride, when not given": Cited("the kernel", "block_reduce"),
        "ceil mode, last window": Cited("filled with cval", "block_reduce"),
        "rest of the map": Cited("filled with cval", "block_reduce"),
        "border": Cited("0 (cval)", "block_reduce"),
        "divisor of avg": Cited("all taps, cval included", "block_reduce"),
        "NaN in max": Cited("gives NaN", "numpy.max"),
        "median of an even window": Cited("mean of the middle two", "numpy.median"),
    },
    windows={"ceil_mode": "fill", "border": (0,)},
)
