"""Blur, sample and restore: against slow twins, against literal numbers, and by their laws."""

import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from linear import DTYPES, drawn
from PIL import Image

import poolcli
from poolcli.pipeline.table import OPS


def number(value):
    """A value as an exact number."""
    value = value.item()
    return Fraction(int(value) if isinstance(value, bool) else value)


def resampled(x, lines):
    """Each new pixel from the old ones and their exact shares, by the definition."""
    out = np.empty([len(line) for line in lines], object)
    for place in np.ndindex(out.shape):
        taps = itertools.product(*(line[at] for line, at in zip(lines, place, strict=True)))
        out[place] = sum(
            math.prod(share for _, share in tap) * number(x[tuple(at for at, _ in tap)])
            for tap in taps
        )
    return out


def blurring(length, taps, stride):
    """For each new pixel the old ones, and the binomial share of each."""
    shares = [Fraction(math.comb(taps - 1, tap), 2 ** (taps - 1)) for tap in range(taps)]
    line = []
    for start in range(0, length, stride):
        places = [start - (taps - 1) // 2 + tap for tap in range(taps)]
        mirrored = [abs(place) if place < length else 2 * (length - 1) - place for place in places]
        line.append(list(zip(mirrored, shares, strict=True)))
    return line


def between(length, cells):
    """For each new pixel its two neighbours, and the share of each."""
    line = []
    for cell in range(cells):
        at = min(max(Fraction(2 * cell + 1, 2) * length / cells - Fraction(1, 2), 0), length - 1)
        first = math.floor(at)
        line.append([(first, 1 - (at - first)), (min(first + 1, length - 1), at - first)])
    return line


def assert_close(result, expected, x):
    """Exact whole numbers give the nearest result; floats are as near as their sums can be."""
    floats = np.array([float(value) for value in expected.flat]).reshape(expected.shape)
    size = float(np.abs(x.astype(np.float64)).max())
    eps = np.finfo(result.dtype).eps
    np.testing.assert_allclose(
        result,
        floats.astype(result.dtype),
        rtol=eps,
        atol=0 if x.dtype.kind != "f" else 9 * eps * size,
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("taps", range(1, 8))
def test_blur_is_its_twin(taps, dtype):
    for shape, stride in (((7,), 2), ((5, 6), 2), ((6, 5), 1), ((4, 5, 6), 3)):
        x = drawn(shape, dtype)
        result = poolcli.pool(
            x, "blur", filter=taps, stride=stride, layout="L" if x.ndim == 1 else "DHW"[-x.ndim :]
        )
        assert_close(result, resampled(x, [blurring(length, taps, stride) for length in shape]), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bilinear_is_its_twin(dtype):
    for shape, cells in (
        ((7,), (3,)),
        ((5, 6), (10, 12)),
        ((6, 5), (7, 3)),
        ((3, 4, 2), (5, 4, 1)),
    ):
        x = drawn(shape, dtype)
        layout = "L" if x.ndim == 1 else "DHW"[-x.ndim :]
        result = poolcli.pool(
            x, "restore", output_size=cells, interpolation="bilinear", layout=layout
        )
        assert_close(result, resampled(x, list(map(between, shape, cells))), x)


def test_blur_in_numbers():
    assert poolcli.pool([0, 0, 4, 0, 0], "blur", stride=1).tolist() == [0, 1, 2, 1, 0]
    assert poolcli.pool([4, 0, 0, 0, 8], "blur").tolist() == [2, 0, 4]
    assert poolcli.pool([0, 16, 0, 0, 0, 0], "blur", filter=5, stride=1).tolist() == [
        8,
        7,
        4,
        1,
        0,
        0,
    ]
    assert poolcli.pool([1, 2, 3], "blur", filter=1).tolist() == [1, 3]


@pytest.mark.parametrize("taps", range(1, 8))
def test_blur_keeps_a_constant(taps):
    for dtype, value in (("uint8", 255), ("float32", 0.25), ("int64", 2**40 + 1)):
        assert (poolcli.pool(np.full((9, 8), value, dtype), "blur", filter=taps) == value).all()


def test_blur_needs_a_map_that_can_be_reflected():
    with pytest.raises(
        poolcli.ShapeError, match="axis W, which is 3 long: use a filter of at most 5"
    ):
        poolcli.pool(np.ones((9, 3)), "blur", filter=7)
    assert poolcli.pool(np.ones((4, 4)), "blur", filter=7).shape == (2, 2)
    for bad in (0, 8, 2.5, "x"):
        with pytest.raises(poolcli.RequestError, match="takes a whole number from 1 to 7"):
            poolcli.pool(np.ones((9, 9)), "blur", filter=bad)


def test_what_is_missing_has_no_share():
    x = np.array([np.nan, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(poolcli.pool(x, "blur", stride=1), [np.nan, np.nan, 3, 3.5])
    np.testing.assert_allclose(poolcli.pool(x, "blur", stride=1, nan="ignore"), [2, 7 / 3, 3, 3.5])
    np.testing.assert_allclose(
        poolcli.pool([9, 2, 3, 4], "blur", stride=1, nodata=9), [2, 7 / 3, 3, 3.5]
    )
    few = poolcli.pool([9, 2, 3, 4], "blur", stride=1, nodata=9, min_valid=0.8)
    np.testing.assert_allclose(few, [9, 9, 3, 3.5])
    np.testing.assert_allclose(
        poolcli.pool(x, "blur", stride=1, mask=[0, 1, 1, 1]), [2, 7 / 3, 3, 3.5]
    )
    up = poolcli.pool([9, 4], "restore", output_size=4, interpolation="bilinear", nodata=9)
    assert up.tolist() == [9, 4, 4, 4]


def test_colours_weigh_by_alpha(cli, tmp_path):
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2, :2] = (200, 100, 40, 255)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for words in (
        ("blur",),
        ("weighted",),
        ("restore", "--output-size", "3", "--interpolation", "bilinear"),
    ):
        assert cli(*words, "a.png", "-o", "b.png", "--overwrite").code == 0
        result = np.asarray(Image.open(tmp_path / "b.png"))
        assert set(map(tuple, result[result[..., 3] > 0][:, :3].tolist())) == {(200, 100, 40)}
        assert 0 < result[..., 3].mean() < 255


def test_linear_light(cli, tmp_path):
    Image.fromarray(np.tile(np.array([[0, 255], [255, 0]], np.uint8), (4, 4))).save(
        tmp_path / "a.png"
    )
    assert cli("blur", "--linear", "a.png", "-o", "b.png").code == 0
    assert set(np.asarray(Image.open(tmp_path / "b.png")).flat) == {188}


@pytest.mark.parametrize("stride", [1, 2, 3, (2, 5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_sample_is_a_slice(dtype, stride):
    x = drawn((2, 3, 7, 9), dtype)
    down, across = stride if isinstance(stride, tuple) else (stride, stride)
    result = poolcli.pool(x, "sample", stride=stride)
    assert result.dtype == x.dtype
    np.testing.assert_array_equal(result, x[..., ::down, ::across])


def test_sample_keeps_a_palette(cli, tmp_path):
    image = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).convert("P")
    image.save(tmp_path / "a.png")
    assert cli("sample", "a.png", "-o", "b.png").code == 0
    result = Image.open(tmp_path / "b.png")
    assert result.mode == "P"
    np.testing.assert_array_equal(np.asarray(result), np.asarray(image)[::2, ::2])


@pytest.mark.parametrize("size", [1, 3, 8, 12, (4, 13)])
def test_nearest_is_the_pixel_under_the_centre(size):
    x = drawn((2, 3, 6, 5), "int64")
    down, across = size if isinstance(size, tuple) else (size, size)
    rows = [(2 * cell + 1) * 6 // (2 * down) for cell in range(down)]
    columns = [(2 * cell + 1) * 5 // (2 * across) for cell in range(across)]
    result = poolcli.pool(x, "restore", output_size=size)
    assert result.dtype == x.dtype
    np.testing.assert_array_equal(result, x[:, :, rows][:, :, :, columns])


def test_restore_brings_back_the_size_of_the_input():
    x = drawn((2, 3, 12, 8), "float32")
    for between_ in ("nearest", "bilinear"):
        pipeline = poolcli.parse(
            f"avg -k 2 | sample | restore --interpolation {between_} | max -k 1"
        )
        assert pipeline(x).shape == x.shape
        assert pipeline.plan(poolcli.pipeline.pipeline.as_map(x).form)[-1].output.shape == x.shape
    repeated = poolcli.parse("sample -s 2 | restore")(x)
    np.testing.assert_array_equal(repeated, x[..., ::2, ::2].repeat(2, -1).repeat(2, -2))
    np.testing.assert_array_equal(poolcli.parse("restore")(x), x)
    np.testing.assert_array_equal(poolcli.parse("restore --interpolation bilinear")(x), x)


def test_restore_knows_the_input_of_its_own_pipeline():
    x = drawn((8, 8), "float32")
    inner = poolcli.parse("max -k 2 | fuse 'avg -k 2 | restore' | restore")(x)
    assert inner.shape == (8, 8)
    assert poolcli.parse("max -k 2 | fuse 'avg -k 2 | restore'")(x).shape == (4, 4)


def test_infinities_stay_where_they_are():
    up = poolcli.pool([np.inf, 1.0, 2.0], "restore", output_size=3, interpolation="bilinear")
    assert up.tolist() == [np.inf, 1, 2]


@pytest.mark.parametrize("op", ["sample", "blur", "weighted", "restore"])
def test_plans_what_it_runs(op):
    for shape, dtype in itertools.product(
        [(9,), (7, 9), (2, 7, 9), (2, 3, 7, 9), (1, 2, 5, 7, 9)], DTYPES
    ):
        x = np.ones(shape, dtype)
        (stage,) = poolcli.plan(op, shape, dtype)
        result = poolcli.parse(op)(x)
        assert (stage.output.shape, stage.output.dtype) == (result.shape, result.dtype)
        assert len(stage.receptive) == len(stage.jump)


@pytest.mark.parametrize("op", ["sample", "blur", "weighted", "restore"])
def test_memory_order_and_layout_do_not_matter(op):
    x = drawn((2, 3, 8, 10), "float32")
    expected = poolcli.parse(op)(x)
    before = x.copy()
    for variant in (np.asfortranarray(x), x[::-1].copy()[::-1], x.astype(">f4")):
        np.testing.assert_array_equal(poolcli.parse(op)(variant), expected)
    turned = poolcli.parse(op)(x.transpose(3, 0, 2, 1), layout="WNHC")
    np.testing.assert_array_equal(turned.transpose(1, 3, 2, 0), expected)
    np.testing.assert_array_equal(x, before)


def toml(value):
    """A value as TOML writes it."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def test_text_and_keywords_and_toml_say_the_same():
    from poolcli.pipeline.parser import recipe, step

    texts = {
        "blur --filter 5 -s 3": {"filter": 5, "stride": 3},
        "sample -s 2x3": {"stride": (2, 3)},
        "weighted -k 5 -s 2 -p same --no-normalize": {
            "kernel": 5,
            "stride": 2,
            "padding": "same",
            "no_normalize": True,
        },
        "restore --output-size 4x5 --interpolation bilinear": {
            "output_size": (4, 5),
            "interpolation": "bilinear",
        },
    }
    for text, given in texts.items():
        op = text.split()[0]
        (parsed,) = poolcli.parse(text).steps
        assert parsed == step(op, given)
        assert str(parsed) == text
        lines = [f"{key} = {toml(value)}" for key, value in given.items()]
        pipeline, _ = recipe(f'[[step]]\nop = "{op}"\n' + "\n".join(lines))
        assert pipeline.steps == (parsed,)
    assert {"sample", "blur", "weighted", "restore"} <= OPS.keys()
