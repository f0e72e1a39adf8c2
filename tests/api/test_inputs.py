"""What `pool` takes beside arrays: lists, masked arrays, images, tensors."""

import numpy as np
import pytest
from PIL import Image

import poolcli

X = np.random.default_rng(3).integers(0, 100, (6, 8))
HIDDEN = np.zeros(X.shape, bool)
HIDDEN[:2, :2] = HIDDEN[0, 3] = True
MASKED = np.ma.array(X, mask=HIDDEN)


class TestMasked:
    @pytest.mark.parametrize("reducer", ["max", "min", "sum", "avg", "median", "mode", "std"])
    def test_masked_pixels_do_not_count(self, reducer):
        result = poolcli.pool(MASKED, reducer)
        assert isinstance(result, np.ma.MaskedArray)
        assert result.mask.sum() == 1
        assert result.mask[0, 0]
        expected = poolcli.pool(X.astype(float), reducer, mask=~HIDDEN)
        np.testing.assert_allclose(result.compressed(), expected[~result.mask])

    def test_keeps_the_dtype_of_integers(self):
        assert poolcli.pool(MASKED, "max").dtype == X.dtype

    def test_without_a_masked_element(self):
        result = poolcli.pool(np.ma.array(X), "avg")
        assert isinstance(result, np.ma.MaskedArray)
        np.testing.assert_array_equal(result, poolcli.pool(X, "avg"))

    def test_min_valid(self):
        result = poolcli.pool(MASKED, "max", min_valid=1)
        assert np.argwhere(result.mask).tolist() == [[0, 0], [0, 1]]

    def test_nan_that_is_ignored(self):
        x = np.ma.array(X.astype(float), mask=HIDDEN)
        x[2:4, 2:4] = np.nan
        assert np.argwhere(poolcli.pool(x, "avg", nan="ignore").mask).tolist() == [[0, 0], [1, 1]]
        assert np.argwhere(poolcli.pool(x, "avg").mask).tolist() == [[0, 0]]

    def test_a_mask_beside_it(self):
        more = np.ones(X.shape, bool)
        more[4:, 6:] = False
        for mask in (more, more.astype(np.uint8)):
            masked = poolcli.pool(MASKED, "sum", mask=mask).mask
            assert np.argwhere(masked).tolist() == [[0, 0], [2, 3]]

    def test_a_mask_of_one_plane_beside_it(self):
        x = np.ma.array(np.stack([X, X], axis=-1), mask=False)
        more = np.ones(X.shape, bool)
        more[4:, 6:] = False
        masked = poolcli.pool(x, "sum", mask=more, channel_axis=-1).mask
        assert np.argwhere(masked).tolist() == [[2, 3, 0], [2, 3, 1]]

    def test_indices(self):
        values, indices = poolcli.pool(MASKED, "max", return_indices=True)
        np.testing.assert_array_equal(values.mask, indices.mask)
        np.testing.assert_array_equal(X.ravel()[indices.compressed()], values.compressed())

    def test_levels(self):
        levels = poolcli.pool(MASKED, "pyramid", op="max", levels=2)
        assert [level.mask.sum() for level in levels] == [1, 0]

    @pytest.mark.parametrize("reducer", ["sample", "blur", "restore"])
    def test_other_operations(self, reducer):
        options = {"restore": {"output_size": (3, 4)}}.get(reducer, {})
        assert poolcli.pool(MASKED, reducer, **options).mask.any()

    def test_operations_that_take_no_mask(self):
        options = {"boxes": [[0, 0, 3, 3]], "output_size": 1}
        with pytest.raises(poolcli.RequestError, match="roi-align does not take masked arrays"):
            poolcli.pool(MASKED, "roi-align", **options)
        assert poolcli.pool(np.ma.array(X), "roi-align", **options).shape == (1, 1, 1)

    def test_a_pipeline_refuses_it(self):
        with pytest.raises(TypeError, match="does not know masked arrays"):
            poolcli.parse("max -k 2")(MASKED)
        assert poolcli.parse("max -k 2")(np.ma.array(X)).shape == (3, 4)


class TestImages:
    PIXELS = np.random.default_rng(4).integers(0, 256, (8, 12, 4), np.uint8)

    @pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr", "I", "F"])
    def test_is_the_array_that_it_holds(self, mode):
        image = Image.fromarray(self.PIXELS[..., :3]).convert(mode)
        layout = "HWC" if len(image.getbands()) > 1 else "HW"
        result = poolcli.pool(image, "max", kernel=4)
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(
            result, poolcli.pool(np.asarray(image), "max", kernel=4, layout=layout)
        )

    def test_a_mean_keeps_its_dtype(self):
        image = Image.fromarray(self.PIXELS[..., 0])
        expected = np.rint(self.PIXELS[..., 0].reshape(4, 2, 6, 2).mean((1, 3)))
        np.testing.assert_array_equal(poolcli.pool(image, "avg"), expected)
        assert poolcli.pool(image, "avg").dtype == np.uint8

    def test_is_pooled_as_the_command_pools_it(self, cli, tmp_path):
        images = {
            "a.png": Image.fromarray(self.PIXELS),
            "p.png": Image.fromarray(self.PIXELS[..., :3]).quantize(16),
            "l.png": Image.fromarray(self.PIXELS[..., :2].copy(), "LA"),
            "b.png": Image.fromarray(self.PIXELS[..., 0]).convert("1"),
        }
        images["p.png"].info["transparency"] = 3
        for name, image in images.items():
            image.save(tmp_path / name)
            saved = Image.open(tmp_path / name)
            assert cli("avg", "-k", 2, name, "-o", f"out-{name}").code == 0
            expected = np.asarray(Image.open(tmp_path / f"out-{name}"))
            np.testing.assert_array_equal(poolcli.pool(saved, "avg"), expected, err_msg=name)

    def test_linear(self):
        image = Image.fromarray(self.PIXELS[..., :3])
        assert not np.array_equal(
            poolcli.pool(image, "avg", linear=True), poolcli.pool(image, "avg")
        )

    def test_named_axes_make_it_an_array(self):
        image = Image.fromarray(self.PIXELS)
        expected = poolcli.pool(self.PIXELS, "avg", layout="HWC")
        np.testing.assert_array_equal(poolcli.pool(image, "avg", channel_axis=-1), expected)


class TestTensors:
    torch = pytest.importorskip("torch", reason="torch is not installed")

    def test_gives_an_array(self):
        x = self.torch.arange(16.0).reshape(1, 1, 4, 4)
        expected = self.torch.nn.functional.max_pool2d(x, 2).numpy()
        np.testing.assert_array_equal(poolcli.pool(x, "max"), expected)
