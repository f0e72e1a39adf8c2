"""PNG files of photographs: lossless, no larger than Pillow's, and options are respected."""

import io
import zlib

import numpy as np
import pytest
from noisy_pictures import draw
from PIL import Image

from poolcli.io.pillow import png_deflate
from poolcli.resources.limits import limits

PHOTOS = ("astronaut", "coffee", "camera", "retina", "hubble_deep_field", "brick")
DRAWINGS = {
    "stripes": np.kron(
        np.arange(256, dtype=np.uint8).reshape(16, 16) // 64 * 85, np.ones((32, 32), np.uint8)
    ),
    "ramp": np.repeat(np.arange(512) // 2, 512).reshape(512, 512).astype(np.uint8),
    "tiles": np.tile(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8), (12, 12, 1)),
}


def photo(name):
    """A photograph of scikit-image's."""
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    return getattr(data, name)()


def pillows(image, **told):
    stream = io.BytesIO()
    image.save(stream, "PNG", **told)
    return stream.getvalue()


def decoded(file):
    return np.asarray(Image.open(io.BytesIO(file)))


def noise(*shape):
    """Values that differ a little from their neighbours, with all of PNG's filters to gain from."""
    steps = np.random.default_rng(sum(shape)).integers(-9, 10, shape)
    return np.cumsum(np.cumsum(steps, 0), 1).astype(np.uint8)


@pytest.mark.parametrize("strategy", png_deflate.STRATEGIES)
@pytest.mark.parametrize("channels", [(), (2,), (3,), (4,)], ids=["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (33, 47), (300, 200)], ids=str)
def test_pixels_come_back(channels, size, strategy, monkeypatch):
    monkeypatch.setattr(png_deflate, "_BAND", 1000)
    monkeypatch.setattr(png_deflate, "_BLOCK", 300)
    pixels = noise(*size, *channels)
    np.testing.assert_array_equal(
        decoded(png_deflate.encode_png(Image.fromarray(pixels), {}, strategy)), pixels
    )


@pytest.mark.parametrize("values", [(0, 255), (0, 1, 127, 128, 254, 255)], ids=str)
def test_extreme_neighbours_come_back(values):
    pixels = np.random.default_rng(1).choice(np.array(values, np.uint8), (64, 64, 3))
    for strategy in png_deflate.STRATEGIES:
        np.testing.assert_array_equal(
            decoded(png_deflate.encode_png(Image.fromarray(pixels), {}, strategy)), pixels
        )


@pytest.mark.parametrize("guess", [0, 1, 2], ids=["up", "average", "paeth"])
def test_a_filter_predicts_what_the_standard_says(guess):
    rows, above = noise(7, 30), noise(1, 30)[0]
    (found, *_) = list(png_deflate._predictions(rows, above, 3))[guess:]
    for (y, x), value in np.ndenumerate(found):
        up = int(rows[y - 1, x]) if y else int(above[x])
        left = int(rows[y, x - 3]) if x >= 3 else 0
        corner = (int(rows[y - 1, x - 3]) if y else int(above[x - 3])) if x >= 3 else 0
        paeth = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        assert value == (up, (left + up) // 2, paeth)[guess]


def test_threads_change_no_byte():
    image = Image.fromarray(noise(1100, 1100, 3))
    files = []
    for count in (1, 2, 5):
        with limits(threads=count):
            files.append(png_deflate.encode_png(image, {}, png_deflate.STRATEGIES[0]))
    assert len(set(files)) == 1


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_is_no_larger_than_pillow_would_write_it(cli, tmp_path, name):
    pixels = photo(name)
    np.save(tmp_path / "x.npy", pixels)
    assert (
        cli("sample", "-s", 1, "x.npy", "--layout", "HWC"[: pixels.ndim], "-o", "y.png").code == 0
    )
    file = (tmp_path / "y.png").read_bytes()
    assert len(file) <= len(pillows(Image.fromarray(pixels)))
    np.testing.assert_array_equal(decoded(file), pixels)


def test_each_strategy_is_the_best_for_some_photo():
    images = [Image.fromarray(photo(name)) for name in PHOTOS]
    assert {png_deflate.best_strategy(image, {}) for image in images} == {*png_deflate.STRATEGIES}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_what_pillow_writes(cli, tmp_path, name):
    image = Image.fromarray(DRAWINGS[name])
    image.save(tmp_path / "x.png")
    assert cli("sample", "-s", 1, "x.png", "-o", "y.png").code == 0
    assert (tmp_path / "y.png").read_bytes() == pillows(image, compress_level=png_deflate.LEVEL)


@pytest.mark.parametrize(
    ("save", "told"),
    [("compress_level=0", {"compress_level": 0}), ("optimize=yes", {"optimize": True})],
)
def test_what_the_user_says_wins(cli, tmp_path, save, told):
    image = Image.fromarray(noise(512, 512, 3))
    image.save(tmp_path / "x.png")
    assert cli("sample", "-s", 1, "x.png", "-o", "y.png", "--save", save).code == 0
    assert (tmp_path / "y.png").read_bytes() == pillows(image, **told)


def test_a_photo_keeps_what_it_carries(cli, tmp_path):
    from PIL import ImageCms

    image, exif = Image.fromarray(draw((512, 512, 3))[1]), Image.Exif()
    exif[0x010E] = "waves"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(tmp_path / "x.png", dpi=(300, 300), icc_profile=profile, exif=exif)
    assert cli("max", "-k", 2, "x.png", "-o", "y.png").code == 0
    with Image.open(tmp_path / "y.png") as made:
        assert png_deflate.best_strategy(made, {}) is not None
        assert made.info["icc_profile"] == profile
        assert made.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert made.getexif()[0x010E] == "waves"


def test_zlib_ng_gives_the_same_bytes(monkeypatch):
    pytest.importorskip("zlib_ng", reason="an extra")
    image = Image.fromarray(np.random.default_rng(0).normal(99, 9, (200, 300, 3)).astype(np.uint8))
    for strategy in png_deflate.STRATEGIES:
        file = png_deflate.encode_png(image, {}, strategy)
        with monkeypatch.context() as patch:
            patch.setattr(png_deflate, "fastest_zlib", lambda: zlib)
            assert png_deflate.encode_png(image, {}, strategy) == file
