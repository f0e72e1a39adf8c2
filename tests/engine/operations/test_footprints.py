"""Footprints under every reducer: as a twin reads taps one by one, and as SciPy does."""

import nasty
import numpy as np
import pytest
import twin
from PIL import Image
from placed import REDUCERS

import poolcli
from poolcli.io.load import load_arrays
from poolcli.pipeline.parser import Parser

WINDOWS = [
    {"kernel": 3, "stride": 2, "padding": ((1, 1),), "footprint": "ring"},
    {"kernel": 5, "stride": 1, "padding": ((2, 2),), "footprint": "diamond", "border": "reflect"},
    {"kernel": 3, "stride": 2, "padding": ((3, 2),), "footprint": "disk", "dilation": 2},
    {"kernel": 4, "stride": 3, "footprint": "cross", "ceil_mode": True},
]
LAYOUT = {1: "CL", 2: "CHW", 3: "CDHW"}


def windows_of(shape, options):
    given = {key: value for key, value in options.items() if key != "footprint"}
    given["padding"] = given.get("padding", ((0, 0),))[0]
    windows = twin.Windows(twin.sliding(length, **given) for length in shape)
    windows.footprint = twin.footprint(options["footprint"], (options["kernel"],) * len(shape))
    return windows


@pytest.mark.parametrize("windows", WINDOWS, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_a_footprint_reads_the_taps_of_its_twin(op, windows):
    for axes, rules in ((1, {}), (2, {"nodata": 1}), (2, {"min_valid": 0.5, "nan": "ignore"})):
        x = np.abs(nasty.scrambled((2, *(7, 9)[:axes]), np.float64)) + 1
        x.ravel()[3] = np.nan if "nan" in rules else 1
        expected = twin.pool(x, op, windows_of(x.shape[1:], windows), **rules)
        found = poolcli.pool(x, op, layout=LAYOUT[axes], **windows, **rules)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("windows", WINDOWS, ids=str)
def test_divisors_count_the_taps_of_the_footprint(windows):
    x = np.arange(1.0, 71).reshape(1, 7, 10)
    for own in ({"count_include_pad": True}, {"divisor": 3}):
        expected = twin.pool(x, "avg", windows_of((7, 10), windows), **own)
        found = poolcli.pool(x, "avg", layout="CHW", **windows, **own)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    taps = int(twin.footprint(windows["footprint"], (windows["kernel"],) * 2).sum())
    by_kernel = poolcli.pool(x, "avg", layout="CHW", divisor="kernel", **windows)
    by_number = poolcli.pool(x, "avg", layout="CHW", divisor=taps, **windows)
    np.testing.assert_array_equal(by_kernel, by_number)


@pytest.mark.parametrize("op", ["max", "min", "median", "mode"])
@pytest.mark.parametrize("windows", WINDOWS[:2], ids=str)
def test_an_index_is_that_of_a_tap(op, windows):
    own = {"interpolation": "lower"} if op == "median" else {}
    x = np.random.default_rng(0).integers(0, 5, (2, 7, 9)).astype(np.float32)
    expected = twin.indices(x, op, windows_of((7, 9), windows), **own)
    _, found = poolcli.pool(x, op, return_indices=True, layout="CHW", **windows, **own)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("op", REDUCERS)
def test_blocks_do_not_show(op, monkeypatch):
    x = np.abs(nasty.scrambled((3, 9, 11), np.float32)) / 7
    whole = [poolcli.pool(x, op, layout="CHW", **windows) for windows in WINDOWS]
    monkeypatch.setattr("poolcli.engine.backend.blocks.LARGEST", 1)
    for windows, expected in zip(WINDOWS, whole, strict=True):
        np.testing.assert_array_equal(poolcli.pool(x, op, layout="CHW", **windows), expected)


@pytest.mark.parametrize("op", ["max", "sum", "avg", "std", "median", "mode", "quantile"])
def test_both_backends_give_the_same_bits(op, monkeypatch):
    rng = np.random.default_rng(2)
    for x in (rng.random((2, 20, 21), np.float32), rng.integers(0, 99, (2, 20, 21), np.uint8)):
        found = []
        for backend in ("plain", "compiled"):
            monkeypatch.setenv("POOLCLI_BACKEND", backend)
            for kernel, name in ((5, "ring"), (13, "disk")):
                given = {"kernel": kernel, "stride": 1, "padding": "same", "footprint": name}
                found.append(poolcli.pool(x, op, **given))
        for plain, compiled in zip(found[:2], found[2:], strict=True):
            np.testing.assert_array_equal(plain, compiled)


@pytest.mark.complete
@pytest.mark.parametrize("name", ["disk", "diamond", "cross", "ring"])
@pytest.mark.parametrize("kernel", [3, 5, 9, 15])
def test_scipys_filters_read_the_same_taps(name, kernel):
    ndimage = pytest.importorskip("scipy.ndimage")
    x = np.random.default_rng(1).integers(0, 255, (40, 37), np.uint8)
    taps = twin.footprint(name, (kernel, kernel))
    modes = {"reflect": "mirror", "symmetric": "reflect", "edge": "nearest", "wrap": "wrap"}
    for border, mode in modes.items():
        given = {"kernel": kernel, "stride": 1, "padding": "same", "border": border}
        given |= {"footprint": name}
        for op, filtered, own in (
            ("max", ndimage.maximum_filter, {}),
            ("min", ndimage.minimum_filter, {}),
            ("median", ndimage.median_filter, {"interpolation": "higher"}),
        ):
            expected = filtered(x, footprint=taps, mode=mode)
            np.testing.assert_array_equal(poolcli.pool(x, op, **given, **own), expected)
        total = ndimage.correlate(x.astype(float), taps.astype(float), mode=mode)
        np.testing.assert_array_equal(poolcli.pool(x, "sum", **given), total)


@pytest.mark.complete
@pytest.mark.parametrize("kernel", [3, 7, 11])
def test_scikit_images_rank_filters_read_the_same_taps(kernel):
    rank = pytest.importorskip("skimage.filters.rank")
    morphology = pytest.importorskip("skimage.morphology")
    x = np.random.default_rng(1).integers(0, 16, (40, 37), np.uint8)
    inside = slice(kernel // 2, -(kernel // 2))
    given = {"kernel": kernel, "stride": 1, "footprint": "disk"}
    disk = morphology.disk(kernel // 2)
    for op, filtered in (("max", rank.maximum), ("mode", rank.modal), ("min", rank.minimum)):
        expected = filtered(x, disk)[inside, inside]
        np.testing.assert_array_equal(poolcli.pool(x, op, **given), expected)


def test_a_footprint_comes_from_an_image(tmp_path):
    taps = twin.footprint("disk", (5, 5))
    Image.fromarray(taps.astype(np.uint8) * 255).save(tmp_path / "disk.png")
    np.save(tmp_path / "disk.npy", taps)
    x = np.random.default_rng(3).random((20, 20))
    expected = poolcli.pool(x, "avg", kernel=5, footprint="disk")
    for name in ("disk.png", "disk.npy"):
        step = Parser(load_arrays).parse(f"avg --footprint {tmp_path / name}")
        np.testing.assert_array_equal(step(x), expected)
        assert str(step) == f"avg -k 5x5 --footprint {tmp_path / name}"
        assert Parser(load_arrays).parse(str(step)) == step


def test_alpha_is_pooled_by_the_same_taps():
    x = np.random.default_rng(1).integers(0, 256, (9, 9, 4), np.uint8)
    opaque = x.copy()
    opaque[..., 3] = 255
    given = {"kernel": 3, "stride": 1, "padding": 1, "footprint": "disk"}
    for op in ("avg", "max", "median"):
        whole = poolcli.pool(Image.fromarray(opaque), op, **given)
        colours = poolcli.pool(Image.fromarray(opaque[..., :3]), op, **given)
        np.testing.assert_array_equal(whole[..., :3], colours)
        alone = poolcli.pool(Image.fromarray(x), op, **given)
        assert alone.shape == (9, 9, 4)
