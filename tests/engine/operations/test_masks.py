"""Masks, how much of a window is valid, and maps brought to one scale."""

import numpy as np
import pytest
from PIL import Image

import poolcli
from poolcli.io.load import load_arrays
from poolcli.pipeline.parser import Parser, step
from poolcli.pipeline.pipeline import Pipeline
from poolcli.pipeline.table import OPS
from poolcli.pipeline.window_kinds import WINDOW_KINDS

REDUCERS = [name for name, op in OPS.items() if op.windows == WINDOW_KINDS and not op.required]
X = np.random.default_rng(5).integers(1, 200, (2, 3, 9, 10), np.uint8)
MASK = np.random.default_rng(6).random((9, 10)) < 0.6
KINDS = [{}, {"kernel": 3, "stride": 2, "padding": "same"}, {"adaptive": 3}, {"global_": True}]


@pytest.mark.parametrize("windows", KINDS, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_masked_by_nothing_is_not_masked(op, windows):
    for x in (X, X.astype(np.float32) / 7):
        for mask in (np.ones((9, 10)), np.full(X.shape, 5, np.uint8)):
            np.testing.assert_array_equal(
                poolcli.pool(x, op, mask=mask, **windows), poolcli.pool(x, op, **windows)
            )


@pytest.mark.parametrize("windows", KINDS, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_a_mask_is_nodata_that_lies_elsewhere(op, windows):
    x = X.astype(np.float64)
    hidden = np.where(MASK, x, -7)
    masked = poolcli.pool(x, op, mask=MASK, **windows)
    np.testing.assert_array_equal(
        masked, poolcli.pool(np.where(MASK, x, np.nan), op, nan="ignore", **windows)
    )
    np.testing.assert_array_equal(
        np.nan_to_num(masked, nan=-7), poolcli.pool(hidden, op, nodata=-7, **windows)
    )


@pytest.mark.parametrize("windows", KINDS, ids=str)
@pytest.mark.parametrize("op", REDUCERS)
def test_emit_counts_the_valid_pixels_of_every_reducer(op, windows):
    valid = np.broadcast_to(MASK, X.shape).astype(np.int64)
    count = poolcli.pool(X, op, mask=MASK, emit="count", **windows)
    assert count.dtype == np.int64
    np.testing.assert_array_equal(count, poolcli.pool(valid, "sum", **windows))
    share = poolcli.pool(X, op, mask=MASK, emit="fraction", **windows)
    assert share.dtype == np.float32
    np.testing.assert_allclose(share, poolcli.pool(valid, "avg", **windows), rtol=1e-6)


def test_emit_counts_what_every_rule_leaves_out():
    x = np.array([np.nan, 1, 2, 9, 9, 9])
    count = poolcli.pool(x, "max", emit="count", nan="ignore", nodata=9, mask=[1, 0, 1, 1, 1, 0])
    assert count.tolist() == [0, 1, 0]
    assert poolcli.pool(x, "max", emit="count").tolist() == [2, 2, 2]
    assert poolcli.pool(
        x, "max", kernel=4, stride=2, padding=2, emit="fraction", mask=[1, 0, 1, 1, 1, 0]
    ).tolist() == [0.5, 0.75, 0.75, 0.5]


def test_a_whole_array_as_a_mask_in_the_layout_of_the_array():
    mask = np.random.default_rng(8).random(X.shape) < 0.7
    expected = poolcli.pool(X, "avg", mask=mask)
    turned = poolcli.pool(
        X.transpose(0, 2, 3, 1), "avg", mask=mask.transpose(0, 2, 3, 1), layout="NHWC"
    )
    np.testing.assert_array_equal(turned.transpose(0, 3, 1, 2), expected)
    spatial = poolcli.pool(X.transpose(0, 2, 3, 1), "avg", mask=MASK, layout="NHWC")
    np.testing.assert_array_equal(spatial.transpose(0, 3, 1, 2), poolcli.pool(X, "avg", mask=MASK))


def test_min_valid_takes_a_mask():
    x, mask = np.array([1.0, 2, 3, 4]), [1, 0, 1, 1]
    np.testing.assert_array_equal(poolcli.pool(x, "avg", mask=mask, min_valid=0.6), [np.nan, 3.5])
    with pytest.raises(poolcli.RequestError, match="`min_valid` counts what `nodata`, `mask`"):
        poolcli.pool(x, "avg", min_valid=0.6)


def test_a_mask_of_another_shape_is_refused_with_both_shapes():
    with pytest.raises(
        poolcli.ShapeError, match=r"has the shape 4x4, and this map needs 9x10 or 2x3x9x10"
    ):
        poolcli.pool(X, "max", mask=np.ones((4, 4)))
    with pytest.raises(poolcli.ShapeError, match=r"4x4, and this map needs 9x10 \("):
        poolcli.pool(X[0, 0], "max", mask=np.ones((4, 4)))
    with pytest.raises(poolcli.ShapeError, match="4x4"):
        poolcli.plan(Pipeline((step("max", {"mask": np.ones((4, 4))}),)), (9, 10))


class TestImages:
    @pytest.fixture(autouse=True)
    def files(self, tmp_path):
        self.pixels = np.random.default_rng(0).integers(1, 256, (8, 12, 4), np.uint8)
        self.mask = np.random.default_rng(1).random((8, 12)) < 0.8
        self.mask[::2, ::2] = True
        Image.fromarray(self.pixels[..., :3]).save(tmp_path / "rgb.png")
        Image.fromarray(self.pixels).save(tmp_path / "rgba.png")
        Image.fromarray(self.pixels[..., 0]).convert("P").save(tmp_path / "p.png")
        Image.fromarray(self.mask).save(tmp_path / "mask.png")
        np.save(tmp_path / "mask.npy", self.mask.astype(np.float32))
        np.save(tmp_path / "all.npy", np.broadcast_to(self.mask, (3, 8, 12)))

    def test_a_mask_from_a_file(self, cli, tmp_path):
        expected = poolcli.pool(
            self.pixels[..., :3], "avg", mask=self.mask, dtype="uint8", layout="HWC"
        )
        for name in ("mask.png", "mask.npy", "all.npy"):
            assert cli("avg", "--mask", name, "rgb.png", "-o", "o.png", "--overwrite").code == 0
            np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "o.png")), expected)

    def test_coverage_is_that_of_all_pixels(self, cli, tmp_path):
        for words in (("avg",), ("avg", "--linear"), ("gem",)):
            assert (
                cli(*words, "--mask", "mask.png", "rgba.png", "-o", "o.png", "--overwrite").code
                == 0
            )
            assert cli(*words, "rgba.png", "-o", "q.png", "--overwrite").code == 0
            masked, whole = (np.asarray(Image.open(tmp_path / name)) for name in ("o.png", "q.png"))
            np.testing.assert_array_equal(masked[..., 3], whole[..., 3])
            assert (masked[..., :3] != whole[..., :3]).any()

    def test_counts_of_an_image(self, cli, tmp_path):
        for name in ("rgb.png", "p.png", "rgba.png"):
            assert (
                cli(
                    "max",
                    "--mask",
                    "mask.png",
                    "--emit",
                    "count",
                    name,
                    "-o",
                    "o.png",
                    "--overwrite",
                ).code
                == 0
            )
            counts = np.asarray(Image.open(tmp_path / "o.png"))
            expected = self.mask.reshape(4, 2, 6, 2).sum((1, 3))
            for channel in range(3):
                np.testing.assert_array_equal(counts[..., channel], expected)

    def test_a_count_that_a_pixel_cannot_hold(self, cli, tmp_path):
        Image.fromarray(np.ones((20, 20), np.uint8)).save(tmp_path / "l.png")
        ran = cli("avg", "--global", "--emit", "count", "l.png", "-o", "o.png")
        assert ran.code == 1
        assert (
            "a window has 400 valid pixels, more than uint8 can count: give --dtype uint16"
            in ran.err
        )
        assert (
            cli(
                "avg", "--global", "--emit", "count", "--dtype", "uint16", "l.png", "-o", "o.npy"
            ).code
            == 0
        )
        assert np.load(tmp_path / "o.npy").tolist() == [[400]]

    def test_fraction_as_an_array_or_scaled(self, cli, tmp_path):
        assert (
            cli("avg", "--mask", "mask.png", "--emit", "fraction", "rgb.png", "-o", "o.npy").code
            == 0
        )
        expected = self.mask.reshape(4, 2, 6, 2).mean((1, 3), dtype=np.float32)
        np.testing.assert_array_equal(np.load(tmp_path / "o.npy")[0], expected)

    def test_wrong_masks(self, cli, tmp_path):
        ran = cli("max", "--mask", "none.png", "rgb.png")
        assert (ran.code, "none.png" in ran.err) == (2, True)
        Image.fromarray(np.ones((3, 3), np.uint8)).save(tmp_path / "small.png")
        ran = cli("max", "--mask", "small.png", "rgb.png")
        assert ran.code == 1
        assert "--mask small.png has the shape 3x3, and this map needs 8x12 or 3x8x12" in ran.err
        assert cli("max", "--emit", "counts", "rgb.png").code == 2


class TestNormalize:
    def test_minmax_of_each_sample(self):
        x = np.array([[[[1.0, 3]], [[2, 5]]], [[[10, 10]], [[10, 30]]]])
        result = poolcli.pool(x, "avg", kernel=1, normalize="minmax")
        assert result.tolist() == [[[[0, 0.5]], [[0.25, 1]]], [[[0, 0]], [[0, 1]]]]

    def test_zscore_of_each_sample(self):
        x = np.random.default_rng(0).random((3, 2, 6, 7))
        result = poolcli.pool(x, "max", kernel=1, normalize="zscore")
        expected = (x - x.mean((1, 2, 3), keepdims=True)) / x.std((1, 2, 3), keepdims=True)
        np.testing.assert_allclose(result, expected, rtol=1e-12)

    @pytest.mark.parametrize("how", ["minmax", "zscore"])
    @pytest.mark.parametrize("op", REDUCERS)
    def test_is_the_operation_on_a_normalised_map(self, op, how):
        if (op, how) == ("stochastic", "zscore"):
            pytest.skip("negative values cannot be drawn")
        x = X[:1].astype(np.float64)
        once = poolcli.pool(x, "max", kernel=1, normalize=how)
        np.testing.assert_allclose(
            poolcli.pool(x, op, normalize=how), poolcli.pool(once, op), rtol=1e-9, atol=1e-9
        )

    def test_arrays_become_floats(self):
        assert poolcli.pool(X, "max", normalize="minmax").dtype == np.float32
        assert poolcli.pool(X.astype(np.int64), "max", normalize="zscore").dtype == np.float64
        assert (
            poolcli.plan("max --normalize minmax", X.shape, X.dtype)[0].output.dtype == np.float32
        )

    @pytest.mark.parametrize("how", ["minmax", "zscore"])
    def test_a_constant_map_is_zero(self, how):
        for value in (0.1, 7, -3e38):
            assert (poolcli.pool(np.full((5, 6), value), "avg", normalize=how) == 0).all()

    def test_what_does_not_count_has_no_part(self):
        x = np.array([1.0, 2, 99, 3, np.nan, 5])
        expected = [0, 0.25, 99, 0.5, np.nan, 1]
        result = poolcli.pool(x, "max", kernel=1, normalize="minmax", nodata=99)
        np.testing.assert_array_equal(result, expected)
        masked = poolcli.pool(x, "max", kernel=1, normalize="minmax", mask=[1, 1, 0, 1, 1, 1])
        np.testing.assert_array_equal(masked, [0, 0.25, np.nan, 0.5, np.nan, 1])
        ignored = poolcli.pool(x, "max", kernel=2, normalize="minmax", nan="ignore", nodata=99)
        np.testing.assert_array_equal(ignored, [0.25, 0.5, 1])

    def test_zero_may_be_missing_and_the_smallest_become_zero(self):
        assert poolcli.pool(
            [0.0, 4, 6, 8], "max", kernel=1, normalize="minmax", nodata=0
        ).tolist() == [0, 0, 0.5, 1]
        assert poolcli.pool([0.0, 4, 6, 8], "min", normalize="minmax", nodata=0).tolist() == [
            0,
            0.5,
        ]

    def test_an_image_fills_its_range_and_keeps_alpha(self, cli, tmp_path):
        pixels = np.random.default_rng(0).integers(60, 90, (8, 8, 4), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "a.png")
        assert cli("max", "-k", 1, "--normalize", "minmax", "a.png", "-o", "b.png").code == 0
        result = np.asarray(Image.open(tmp_path / "b.png"))
        colours = pixels[..., :3].astype(float)
        expected = np.rint((colours - colours.min()) * 255 / np.ptp(colours))
        np.testing.assert_array_equal(result[..., :3], expected)
        np.testing.assert_array_equal(result[..., 3], pixels[..., 3])

    def test_zscore_of_an_image_needs_a_float(self, cli, photo):
        ran = cli("avg", "--normalize", "zscore", "photo.png")
        assert ran.code == 1
        assert "give --dtype float32, or --normalize minmax" in ran.err
        assert (
            cli(
                "avg", "--normalize", "zscore", "--dtype", "float32", "photo.png", "-o", "o.npy"
            ).code
            == 0
        )
        assert cli("avg", "--normalize", "zscore", "--linear", "photo.png").code == 1

    def test_normalise_pool_restore(self, cli, photo, tmp_path):
        assert (
            cli("run", "avg -k 4 --normalize minmax | restore", "photo.png", "-o", "o.png").code
            == 0
        )
        result = np.asarray(Image.open(tmp_path / "o.png"))
        assert result.shape == photo.shape
        assert (result[::4, ::4] == result[3::4, 2::4]).all()


def test_text_and_toml_say_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("m.npy", MASK)
    parser = Parser(load_arrays)
    pipeline = parser.parse("max -k 2 --mask m.npy --emit fraction | avg -k 2 --normalize zscore")
    assert str(pipeline) == "max -k 2 --mask m.npy --emit fraction | avg -k 2 --normalize zscore"
    first = '[[step]]\nop = "max"\nmask = "m.npy"\nemit = "fraction"\n'
    toml = first + '[[step]]\nop = "avg"\nnormalize = "zscore"\n'
    assert parser.recipe(toml)[0] == pipeline


def test_a_clear_pixel_does_not_count(cli, tmp_path):
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[0, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert cli("avg", "-k", 2, "--emit", "count", "a.png", "-o", "c.npy").code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy")[:3], [[[2, 2], [4, 4]]] * 3)
