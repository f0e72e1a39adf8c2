"""poolcli's own rules, which every other profile departs from."""

from poolcli.pipeline.profile import OWN, Cited, Profile

PROFILE = Profile(
    "poolcli",
    library="poolcli's own",
    rules={
        "kernel, when not given": Cited("2", OWN),
        "stride, when not given": Cited("the kernel", OWN),
        "ceil mode, last window": Cited("dropped if it starts in the padding", OWN),
        "window without a pixel": Cited("refused; NaN, or nodata, by `ceil_mode` keep", OWN),
        "padding in numbers": Cited("any, clipped", OWN),
        "padding above half the kernel": Cited("clipped", OWN),
        "padding of unequal sides": Cited("any", OWN),
        "padding of lp": Cited("any, clipped", OWN),
        "padding same": Cited("odd pixel at the end, or same-lower", OWN),
        "border": Cited("what `border` says", OWN),
        "footprint": Cited("what `footprint` says", OWN),
        "rest of the map": Cited("left out", OWN),
        "dilation of max": Cited("any", OWN),
        "dilation of avg and lp": Cited("any", OWN),
        "divisor of avg": Cited("valid pixels", OWN),
        "divisor of one's own": Cited("any", OWN),
        "l2": Cited("sqrt(sum x^2 / n)", OWN),
        "quantile": Cited("between ranks, at q (n - 1)", OWN),
        "rounding of whole numbers": Cited("half to even", OWN),
        "lp": Cited("(sum |x|^p)^(1/p)", OWN),
        "NaN in max": Cited("gives NaN", OWN),
        "NaN in avg": Cited("gives NaN", OWN),
        "valid pixels of a window": Cited("one at least", OWN),
        "median of an even window": Cited("mean of the middle two", OWN),
        "index of max": Cited("in the plane", OWN),
        "index of a NaN": Cited("the first", OWN),
        "box outside the map, or swapped": Cited("refused", OWN),
        "roi-align, half a pixel": Cited("aligned", OWN),
        "roi-align, mode max": Cited("of interpolated samples", OWN),
    },
)
