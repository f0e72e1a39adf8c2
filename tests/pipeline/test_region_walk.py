"""Any region of a result, from what it reads alone, has the bits that it has in the whole."""

from itertools import product

import numpy as np
import pytest

from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import default_layout
from poolcli.maps.picture import Picture
from poolcli.pipeline.map_part import MapPart
from poolcli.pipeline.parser import parse
from poolcli.pipeline.region_walk import needed, pooled_region, whole_letters
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

GRIDS = [
    "-k 2",
    "-k 3 -s 2 -p 1",
    "-k 3 -s 1 -p same -d 2",
    "-k 3 -s 2 --ceil-mode",
    "-k 2 -s 5",
    "-k 4 -s 3 -p 2:3 --border wrap",
    "-k 3 -s 2 -p 2 --border reflect",
    "-k 5 -s 1 -p 2 --border symmetric",
    "-k 3 -s 1 -p 1 --border edge",
    "-k 3 -s 2 -p 1 --border 1",
    "-k 3 -s 1 -p 1 --footprint cross",
    "-k 5 -s 2 -p 2 --footprint disk --border wrap",
    "--adaptive 7",
    "--adaptive 20",
    "--global",
]
RULES = ["", "--nan ignore", "--nodata 1 --min-valid 0.4"]
PIPELINES = [
    "max -k 3 -s 1 -p 1 --border wrap | avg -k 3 -s 2 -p 1 --border wrap",
    "avg -k 2 --count-include-pad -p 1 | median -k 3 -s 1 -p 1 | std -k 2",
    "blur --filter 5 -s 2 | max -k 2",
    "sample -s 3 | restore --output-size 40",
    "restore --output-size 30 --interpolation nearest | min -k 2",
    "weighted --weights gaussian -k 3 -s 2 -p 1",
    "avg --area 6 | max -k 2 -s 1",
    "std --area 9",
    "mode --area 5",
    "fuse 'max -k 2' 'avg -k 2' --merge max",
    "fuse 'max -k 3 -s 1 -p 1 --border wrap' 'avg -k 3 -s 1 -p 1' --merge avg | max -k 2",
    "mode -k 3 -s 2 -p 1 --emit count --nodata 2",
]


def held(fmap, numbers):
    """The pixels of a map at these numbers."""
    at = np.ix_(*(numbers[letter] for letter in fmap.layout))
    return MapPart(fmap.with_data(fmap.data[at]), fmap.form, numbers)


def region_of(rng, shape):
    spans = []
    for size in shape:
        start = int(rng.integers(0, size))
        spans.append((start, int(rng.integers(start + 1, size + 1))))
    return spans


def assert_regions_alike(text, fmap, rng, regions=6):
    """Compare some regions of the result with those of the whole."""
    pipeline = parse(text)
    stages, form = pipeline.plan(fmap.form), fmap.form
    *_, (whole,) = pipeline.walk(fmap)
    fixed = whole_letters(stages, form)
    for _ in range(regions):
        spans = region_of(rng, whole.data.shape)
        spans = [
            (0, size) if letter in fixed else span
            for letter, size, span in zip(whole.layout, whole.data.shape, spans, strict=True)
        ]
        wanted = {
            letter: np.arange(*span) for letter, span in zip(whole.layout, spans, strict=True)
        }
        numbers = needed(stages, form, wanted)
        assert numbers is not None, text
        part = pooled_region(stages, held(fmap, numbers[0]), numbers).pixels
        expected = whole.data[tuple(slice(*span) for span in spans)]
        assert (part.data.dtype, part.layout) == (whole.data.dtype, whole.layout)
        assert part.data.shape == expected.shape
        np.testing.assert_array_equal(part.data, expected, err_msg=f"{text} {spans}")


def array_of(rng, shape, dtype):
    if np.dtype(dtype).kind == "f":
        x = rng.normal(0, 1e3, shape).astype(dtype)
        x[rng.random(shape) < 0.02] = np.nan
        x[rng.random(shape) < 0.02] = 1
        return x
    return rng.integers(0, 5, shape).astype(dtype)


@pytest.fixture(params=["plain", "compiled"])
def backend(request, monkeypatch):
    monkeypatch.setenv("POOLCLI_BACKEND", request.param)
    from poolcli.engine import backend

    if request.param == "compiled" and not backend.is_built():
        pytest.skip("the extension is not built")


REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "name",
    [
        name if name in ("max", "avg") else pytest.param(name, marks=pytest.mark.complete)
        for name in REDUCERS
    ],
)
def test_regions_of_every_reducer(name):
    rng = np.random.default_rng(REDUCERS.index(name))
    needs = {"fraction": " --of 1"}.get(name, "")
    for grid, rules in product(GRIDS, RULES):
        dtype = rng.choice(["uint8", "float32", "int64", "float64"])
        shape = [(2, 3, 13, 16), (23, 9), (5, 7, 11)][int(rng.integers(3))]
        x = array_of(rng, shape, dtype)
        x = np.abs(x) if name == "stochastic" else x
        fmap = FeatureMap(x, default_layout(x.ndim))
        assert_regions_alike(f"{name} {grid}{needs} {rules}", fmap, rng, regions=2)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("text", PIPELINES)
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_regions_of_pipelines(text, dtype):
    rng = np.random.default_rng(len(text))
    for layout, shape in [("NHWC", (2, 19, 24, 3)), ("DHW", (17, 18, 12)), ("L", (60,))]:
        if layout == "L" and "-s 2 -p 1 --weights" in text:
            continue
        fmap = FeatureMap(array_of(rng, shape, dtype), layout)
        assert_regions_alike(text, fmap, rng, regions=4)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize(
    "text", ["avg -k 3 -s 2 -p 1", "max -k 2", "mode -k 3", "blur", "avg --linear -k 3"]
)
def test_regions_of_pictures(mode, text):
    rng = np.random.default_rng(5)
    channels = {"LA": 2, "RGB": 3, "RGBA": 4}.get(mode)
    shape = (21, 26, channels) if channels else (21, 26)
    dtype = {"1": "bool", "I;16": "uint16"}.get(mode, "uint8")
    x = rng.integers(0, 2 if mode == "1" else 4, shape).astype(dtype)
    palette = bytes(rng.integers(0, 256, 12).tolist()) if mode == "P" else None
    picture = Picture(mode, palette=palette)
    fmap = FeatureMap(x, "HWC" if channels else "HW", picture)
    assert_regions_alike(text, fmap, rng)


def test_a_mask_is_that_of_the_region(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "m.npy", rng.integers(0, 2, (19, 23)))
    from poolcli.io.load import load_arrays
    from poolcli.pipeline.parser import Parser

    pipeline = Parser(load_arrays).parse(f"avg -k 4 -s 3 -p 2 --mask {tmp_path / 'm.npy'}")
    fmap = FeatureMap(rng.integers(0, 9, (2, 19, 23)).astype(np.uint8), "CHW")
    stages = pipeline.plan(fmap.form)
    *_, (whole,) = pipeline.walk(fmap)
    wanted = {"C": np.arange(1, 2), "H": np.arange(1, 5), "W": np.arange(2, 4)}
    numbers = needed(stages, fmap.form, wanted)
    part = pooled_region(stages, held(fmap, numbers[0]), numbers).pixels
    np.testing.assert_array_equal(part.data, whole.data[1:2, 1:5, 2:4])


@pytest.mark.parametrize(
    "text", ["avg --normalize minmax", "max --levels 1,2", "max --fractional 5 -k 2"]
)
def test_what_needs_the_whole_says_so(text):
    fmap = FeatureMap(np.zeros((3, 20, 20), np.float32), "CHW")
    stages = parse(text).plan(fmap.form)
    wanted = {letter: np.arange(1) for letter in stages[-1].output.layout}
    assert needed(stages, fmap.form, wanted) is None
