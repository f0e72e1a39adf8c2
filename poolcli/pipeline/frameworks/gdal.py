"""GDAL: overviews, gdal_translate and reading at a lower resolution."""

from poolcli.pipeline.profile import Cited, Profile

PROFILE = Profile(
    "gdal",
    library="GDAL 3.10",
    rules={
        "stride, when not given": Cited("the kernel", "overview.cpp"),
        "ceil mode, last window": Cited(
            "no last window: all cells are of equal area (--area)", "run with 3.10.3"
        ),
        "rest of the map": Cited("refused; GDAL shares it out (--area)", "run with 3.10.3"),
        "area": Cited("ceil(L / k) cells, of average and rms", "run with 3.10.3"),
        "divisor of avg": Cited("valid pixels", "overview.cpp"),
        "rounding of whole numbers": Cited(
            "half away from zero (gdalwarp: half up)", "run with 3.10.3"
        ),
        "median of an even window": Cited("the lower (gdalwarp)", "gdalwarpkernel.cpp"),
        "l2": Cited("sqrt(sum x^2 / n)", "overview.cpp, RMS"),
    },
    windows={"exact": True},
    ops={
        "avg": {"round": "half-away"},
        "l2": {"round": "half-away"},
        "median": {"interpolation": "lower"},
    },
)
