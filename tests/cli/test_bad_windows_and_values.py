"""Windows, layouts and values that do not fit are refused in one line, with a cure."""

import numpy as np
import pytest


@pytest.fixture
def x(tmp_path):
    """An NCHW map with a NaN in it."""
    data = np.random.default_rng(0).random((2, 3, 4, 5), np.float32)
    data[0, 0, 0, 0] = np.nan
    np.save(tmp_path / "x.npy", data)
    return data


SIZES = "a size is a whole number from 1 up"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("-k 0", 2, ["max: --kernel 0", SIZES]),
        ("-k -1", 2, ["max: --kernel -1", SIZES]),
        ("-k 2x0", 2, ["max: --kernel 2x0", SIZES]),
        ("-k 1.5", 2, ["max: --kernel 1.5", SIZES]),
        ("-k x", 2, ["max: --kernel x", SIZES]),
        ("-s 0", 2, ["max: --stride 0", SIZES]),
        ("-d 0", 2, ["max: --dilation 0", SIZES]),
        ("--adaptive 0", 2, ["max: --adaptive 0", SIZES]),
        ("-p -1", 2, ["max: --padding -1", "padding is 1, one for each axis"]),
        ("-p 1:2:3", 2, ["max: --padding 1:2:3", "begin:end"]),
        (
            "-k 13",
            1,
            [
                "photo.png: max -k 13",
                "axis H, which is 12 long",
                "of at most 12",
                "input 12x16x3 HWC",
            ],
        ),
        ("-k 2x17", 1, ["photo.png: max -k 2x17", "axis W, which is 16 long", "of at most 16"]),
        ("-k 15 -p 1", 1, ["max -k 15 -p 1", "12 long padded by 1:1", "of at most 14"]),
        ("-k 5 -d 4", 1, ["max -k 5 -d 4", "(dilated to 17)", "of at most 3"]),
        (
            "-k 2x2x2",
            1,
            ["photo.png: max -k 2x2x2", "3 numbers", "2 spatial axes (HxW): give one, or 2"],
        ),
        ("-k 2 -s 1x1x1", 1, ["--stride has 3 numbers", "give one, or 2"]),
        ("-p 1x1x1", 1, ["--padding has 3 numbers", "give one, or 2"]),
        ("--adaptive 1x2x3", 1, ["--adaptive has 3 numbers", "give one, or 2"]),
        (
            "-k 2 -p 2",
            1,
            [
                "photo.png: max -k 2 -p 2",
                "padding 2:2",
                "without a pixel",
                "axis H, which is 12 long",
            ],
        ),
        ("-k 2 -p 0:4", 1, ["padding 0:4", "without a pixel", "input 12x16x3 HWC"]),
    ],
)
def test_windows_that_do_not_fit(refused, photo, options, code, said):
    refused(f"max {options} photo.png", code, *said)


def test_a_step_of_a_pipeline(refused, x):
    refused(
        ["run", "max -k 2 | avg -k 3", "x.npy"],
        1,
        "x.npy: step 2 (avg -k 3)",
        "input 2x3x2x2 NCHW",
        "of at most 2",
    )


@pytest.mark.parametrize(
    ("layout", "code", "said"),
    [
        ("NCHQ", 2, ["'NCHQ' has unknown letters (Q)", "such as NCHW"]),
        ("NHWH", 2, ["'NHWH' names an axis twice", "at most once"]),
        ("NC", 2, ["'NC' has no axis to pool", "such as NCHW"]),
        ("NCLW", 2, ["mixes L", "such as NCHW"]),
        ("HWC", 1, ["x.npy: ", "HWC names 3 axes, the array has 4"]),
    ],
)
def test_layouts(refused, x, layout, code, said):
    refused(f"max --layout {layout} x.npy", code, *said)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (
            "max x.npy --dtype uint8",
            1,
            ["x.npy: max -k 2", "NaN, which uint8 cannot hold: give", "input 2x3x4x5 NCHW"],
        ),
        ("avg x.npy --dtype int64", 1, ["NaN, which int64 cannot hold"]),
        ("max x.npy --dtype complex64", 2, ["max: --dtype complex64: takes bool"]),
        (
            "max photo.png --nodata 256",
            1,
            ["photo.png: max -k 2", "--nodata 256 is no uint8 value (0 to 255)"],
        ),
        ("max photo.png --nodata -1", 1, ["--nodata -1 is no uint8 value (0 to 255)"]),
        ("max photo.png --nodata .5", 1, ["--nodata 0.5 is no uint8 value"]),
        ("max photo.png --nodata nan", 1, ["--nodata nan is no uint8 value"]),
        ("max photo.png --nodata none", 2, ["max: --nodata none: takes a number"]),
        (
            "avg x.npy --linear",
            1,
            ["x.npy: avg -k 2 --linear", "is for sRGB images", "leave it out"],
        ),
        (f"max x.npy --nodata {10**400}", 2, ["takes a number"]),
        (f"avg x.npy --divisor {10**400}", 2, ["takes a number above 0"]),
        ("lp --norm 0 x.npy", 2, ["lp: --norm 0: takes a number above 0"]),
        ("mixed --alpha 1.5 x.npy", 2, ["mixed: --alpha 1.5: takes a number from 0 to 1"]),
        ("lse --sharpness nan x.npy", 2, ["lse: --sharpness nan: takes a number other than 0"]),
    ],
)
def test_values(refused, photo, x, command, code, said):
    refused(command, code, *said)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (
            (4, 6),
            ["a.npy: ", "the float32 map has no pixel range: give --scale minmax", "or write .npy"],
        ),
        ((8, 4, 6), ["2x3 (CHW) has 8 channels", "3 (RGB) or 4 (RGBA): write .npy"]),
        ((2, 3, 4, 6), ["2x3x2x3 (NCHW) is no picture", "write .npy"]),
        ((9,), ["shape 4 (L) is no picture", "write .npy"]),
    ],
)
def test_maps_that_are_no_image(refused, tmp_path, shape, said):
    np.save(tmp_path / "a.npy", np.ones(shape, np.float32))
    refused("max a.npy -o a.png", 1, *said)
