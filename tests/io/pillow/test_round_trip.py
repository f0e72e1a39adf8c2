"""Every mode through every format: the pixels come back, or it is said why not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from round_trips import MODES_OF_IMAGES, assert_peek_agrees, back, image_map, pixels, rgba, written

from poolcli.errors import FileError
from poolcli.io import (
    FORMATS,
    format_named,
    read,
)

REFUSED = {
    "png": ("CMYK", "YCbCr", "LAB", "I", "F"),
    "jpeg": ("LA", "RGBA", "LAB", "I;16", "I", "F"),
    "tiff": (),
    "webp": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "bmp": ("LA", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "gif": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "tga": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "pcx": ("LA", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "sgi": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "qoi": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "jp2": ("CMYK", "YCbCr", "LAB", "I", "F"),
    "j2k": ("CMYK", "YCbCr", "LAB", "I", "F"),
    "avif": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "ppm": ("LA", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F"),
}


@pytest.mark.parametrize(
    "known", [known for known in FORMATS if known.pillow], ids=lambda known: known.name
)
@pytest.mark.parametrize("mode", MODES_OF_IMAGES)
def test_every_mode_through_every_format(mode, known, tmp_path):
    """The pixels come back, or the reason why not names another format; peek agrees with read."""
    one = image_map(mode)
    if mode in REFUSED[known.name]:
        with pytest.raises(
            FileError, match=rf"({known.name.upper()} holds no|--scale).*\.(npy|tiff|png)"
        ):
            written(one, known.name)
        return
    raw = written(one, known.name)
    path = tmp_path / "wrong.suffix"
    path.write_bytes(raw)
    (again,) = read(path)
    assert_peek_agrees(path)
    if known.name == "avif":
        assert np.abs(rgba(again).astype(int) - rgba(one)).max() <= 4
    elif known.name == "jpeg" or (known.name == "gif" and mode in ("LA", "RGB", "RGBA")):
        assert again.data.shape[:2] == one.data.shape[:2]
    elif again.picture.mode == mode and mode != "P":
        assert again.data.dtype == one.data.dtype
        assert np.array_equal(again.data, one.data)
    else:
        assert np.array_equal(rgba(again), rgba(one))


@pytest.mark.parametrize(
    ("mode", "word"),
    [
        ("1", "png"),
        ("L", "png"),
        ("LA", "png"),
        ("P", "png"),
        ("RGB", "png"),
        ("RGBA", "png"),
        ("I;16", "png"),
        ("L", "jpg"),
        ("RGB", "jpg"),
        ("CMYK", "jpg"),
        ("RGB", "webp"),
        ("RGBA", "webp"),
        ("P", "gif"),
        ("1", "bmp"),
        ("L", "bmp"),
        ("P", "bmp"),
        ("RGB", "bmp"),
        ("1", "ppm"),
        ("L", "ppm"),
        ("RGB", "ppm"),
        ("I;16", "ppm"),
    ]
    + [(mode, "tiff") for mode in MODES_OF_IMAGES],
)
def test_modes_that_a_format_gives_back_as_they_were(mode, word):
    one = image_map(mode)
    (again,) = back(one, word)
    assert again.picture.mode == mode
    assert again.data.dtype == one.data.dtype
    if word != "jpg":
        assert np.array_equal(again.data, one.data)
    if mode == "P":
        assert again.picture.palette == one.picture.palette
        assert again.picture.palette_alpha is None


@given(data=st.data(), mode=st.sampled_from(MODES_OF_IMAGES))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_small_images_come_back_from_tiff_and_png(data, mode):
    height, width = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    one = image_map(mode, pixels(mode, height, width, data.draw(st.integers(0, 999))))
    for word in ("tiff", "png"):
        if mode in format_named(word).modes:
            assert np.array_equal(back(one, word)[0].data, one.data)


@pytest.mark.parametrize("compression", ["lzw", "deflate", "packbits", "none"])
@pytest.mark.parametrize("mode", MODES_OF_IMAGES)
def test_lossless_tiff_compressions(mode, compression):
    one = image_map(mode)
    (again,) = back(one, "tiff", save={"compression": compression})
    assert np.array_equal(again.data, one.data)
    if compression != "none":  # and it is kept
        assert again.facts["compression"] == compression
        assert back(again, "tiff")[0].facts == again.facts


def test_options_change_the_bytes():
    one = image_map("RGB", np.asarray(Image.linear_gradient("L").convert("RGB")))
    assert len(written(one, "jpg", save={"quality": "10"})) < len(written(one, "jpg"))
    assert len(written(one, "png", save={"compress_level": "0"})) > len(written(one, "png"))
    lossy = back(image_map("RGB"), "webp", save={"quality": "10"})[0]
    assert not np.array_equal(lossy.data, pixels("RGB"))
    exact = back(image_map("RGB"), "webp", save={"quality": "10", "lossless": "true"})[0]
    assert np.array_equal(exact.data, pixels("RGB"))
    jpeg = Image.open(
        io.BytesIO(written(one, "jpg", save={"progressive": "yes", "subsampling": "4:2:0"}))
    )
    assert jpeg.info["progressive"]
    assert (
        back(one, "tiff", save={"compression": "jpeg", "quality": "50"})[0].data.shape
        == one.data.shape
    )
