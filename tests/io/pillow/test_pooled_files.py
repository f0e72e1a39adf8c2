"""Pooled images of cameras and scanners, with what they carry; on the command line."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from pooled_images import assert_image, blocks, mean, noise, opened, weighed


def photograph(name):
    """The path of one of scikit-image's pictures."""
    package = pytest.importorskip("skimage", reason="scikit-image is not installed")
    return Path(package.__file__).parent / "data" / name


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_orientation_is_applied_and_reset(pooled, turn, name):
    x = noise(12, 16, 3)
    upright = {
        1: x,
        2: x[:, ::-1],
        3: x[::-1, ::-1],
        4: x[::-1],
        5: x.swapaxes(0, 1),
        6: np.rot90(x, -1),
        7: np.rot90(x, 2).swapaxes(0, 1),
        8: np.rot90(x),
    }[turn]
    exif = Image.Exif()
    exif[274], exif[271] = turn, "Maker"
    options = {"lossless": True} if name == "a.webp" else {}
    result = pooled("max", Image.fromarray(x), name, exif=exif, **options)
    assert_image(result, blocks(upright).max(2), "RGB")
    assert result.getexif().get(274, 1) == 1
    assert result.getexif()[271] == "Maker"


def test_a_jpeg_from_a_camera(pooled):
    x = np.repeat(np.repeat(noise(6, 8, 3), 8, 0), 8, 1)
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = {
        "exif": exif,
        "icc_profile": profile,
        "dpi": (300, 200),
        "quality": 95,
        "subsampling": 0,
    }
    result = pooled("avg -k 8", Image.fromarray(x), "a.jpg", **given)
    assert result.format == "JPEG"
    assert result.size == (6, 8)
    assert result.getexif().get(274, 1) == 1
    assert result.getexif()[271] == "Maker"
    assert result.info["icc_profile"] == profile
    assert result.info["dpi"] == (200, 300)  # the picture was turned, and its dots with it
    exact = pooled("avg -k 8", Image.fromarray(x), "a.jpg", "b.png", **given)
    assert (
        np.abs(np.asarray(exact).astype(int) - np.rot90(x, -1)[::8, ::8]).max() < 8
    )  # JPEG's own loss


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_profiles_and_dots_are_kept(pooled, name):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    result = pooled(
        "max", Image.fromarray(noise(8, 8, 3)), name, icc_profile=profile, dpi=(300, 150)
    )
    assert result.info["icc_profile"] == profile
    if name != "a.webp":  # which has no place for dots
        assert tuple(map(round, result.info["dpi"])) == (300, 150)


def test_linear_light_of_a_photo(pooled):
    x = noise(24, 32, 3)
    value = x / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    dim = blocks(light, 4).mean(2)
    expected = 255 * np.where(dim <= 0.0031308, dim * 12.92, 1.055 * dim ** (1 / 2.4) - 0.055)
    assert_image(pooled("avg -k 4 --linear", Image.fromarray(x)), np.rint(expected), "RGB")


def test_scales(cli, tmp_path):
    x = np.random.default_rng(0).normal(100, 40, (12, 16)).astype(np.float32)
    np.save(tmp_path / "a.npy", x)
    assert cli("max", "a.npy", "-o", "b.png").code == 1
    assert cli("max", "a.npy", "-o", "minmax.png", "--scale", "minmax").code == 0
    assert cli("max", "a.npy", "-o", "none.png", "--scale", "none").code == 0
    top = blocks(x).max(2)[..., 0].astype(np.float64)
    assert_image(
        opened(tmp_path / "minmax.png"),
        np.rint((top - top.min()) / (top.max() - top.min()) * 255),
        "L",
    )
    assert_image(opened(tmp_path / "none.png"), np.rint(np.clip(top, 0, 255)), "L")


@pytest.mark.parametrize(
    ("shape", "layout", "mode"),
    [
        ((8, 6), "HW", "L"),
        ((3, 8, 6), "CHW", "RGB"),
        ((1, 4, 8, 6), "NCHW", "RGBA"),
        ((8, 6, 3), "HWC", "RGB"),
    ],
)
def test_arrays_become_images_and_images_arrays(cli, tmp_path, shape, layout, mode):
    x = noise(*shape)
    np.save(tmp_path / "a.npy", x)
    assert cli("max", "-k", 1, "--layout", layout, "a.npy", "-o", "a.png").code == 0
    pixels = np.squeeze(np.moveaxis(x, layout.index("C"), -1) if "C" in layout else x)
    assert_image(opened(tmp_path / "a.png"), pixels, mode)
    assert cli("max", "-k", 1, "a.png", "-o", "b.npy").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "b.npy"), np.moveaxis(pixels, -1, 0) if pixels.ndim == 3 else x
    )


def frames_of(raw):
    with Image.open(io.BytesIO(raw)) as image:
        for number in range(image.n_frames):
            image.seek(number)
            yield image.copy()


def test_pages_of_a_tiff(cli, tmp_path):
    pages = [noise(12, 16, 3), noise(9, 20, 3, seed=1), noise(4, 4, seed=2)]
    first, *rest = map(Image.fromarray, pages)
    first.save(tmp_path / "a.tif", save_all=True, append_images=rest, compression="tiff_lzw")
    ran = cli("avg", "a.tif")
    assert ran.code == 0
    assert "3 x 12x16x3" in ran.text
    results = list(frames_of((tmp_path / "a-avg.tif").read_bytes()))
    assert len(results) == 3
    for result, page in zip(results, pages, strict=True):
        np.testing.assert_array_equal(np.asarray(result), mean(page))
        assert result.info["compression"] == "tiff_lzw"


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animations(cli, tmp_path, name):
    frames = [np.kron(noise(4, 4, 3, seed=seed), np.ones((4, 4, 1), np.uint8)) for seed in range(3)]
    first, *rest = map(Image.fromarray, frames)
    timing = {"duration": [40, 80, 120], "loop": 0}
    lossless = {"lossless": True} if name == "a.webp" else {}
    first.save(tmp_path / name, save_all=True, append_images=rest, **timing, **lossless)
    assert cli("max", "-k", 4, name, "-o", f"b{name}").code == 0
    raw = (tmp_path / f"b{name}").read_bytes()
    results = [np.asarray(frame.convert("RGB")) for frame in frames_of(raw)]
    np.testing.assert_array_equal(results, [frame[::4, ::4] for frame in frames])
    assert "0 .. 2 " in cli("info", f"b{name}").text
    with Image.open(io.BytesIO(raw)) as image:
        image.seek(1)
        image.load()
        assert image.info["duration"] == 80


def pixels_of(path):
    """What Pillow alone makes of a file; a palette as colours."""
    image = opened(path)
    return np.asarray(image.convert("RGB") if image.mode == "P" else image)


@pytest.mark.parametrize(
    "name", ["astronaut.png", "camera.png", "coins.png", "page.png", "hubble_deep_field.jpg"]
)
def test_photographs(cli, tmp_path, name):
    x = pixels_of(photograph(name))
    for op, size in (("max", 2), ("min", 3), ("avg", 4), ("avg", 7), ("std", 5), ("l2", 2)):
        assert cli(op, "-k", size, photograph(name), "-o", "b.png", "--overwrite").code == 0
        windows = blocks(x, size).astype(np.float64)
        exact = {"max": windows.max, "min": windows.min, "avg": windows.mean, "std": windows.std}
        expected = exact[op](2) if op in exact else np.sqrt((windows**2).mean(2))
        np.testing.assert_array_equal(
            np.asarray(opened(tmp_path / "b.png")), np.rint(np.squeeze(expected))
        )


@pytest.mark.parametrize("name", ["logo.png", "horse.png"])
def test_photographs_with_alpha(cli, tmp_path, name):
    assert cli("avg", "-k", 3, photograph(name), "-o", "b.png").code == 0
    assert_image(opened(tmp_path / "b.png"), weighed(pixels_of(photograph(name)), 3), "RGBA")


def test_photographs_with_overlapping_windows(cli, tmp_path):
    x = pixels_of(photograph("chelsea.png"))
    assert (
        cli("max", "-k", 3, "-s", 2, "-p", "same", photograph("chelsea.png"), "-o", "b.png").code
        == 0
    )
    padded = np.pad(x, ((0, 1), (1, 1), (0, 0)))  # 300 rows are even, 451 columns odd
    taps = [padded[i : i + 300 : 2, j : j + 451 : 2] for i in range(3) for j in range(3)]
    assert_image(opened(tmp_path / "b.png"), np.max(taps, 0), "RGB")


def test_a_stack_of_faces(cli, tmp_path):
    faces = np.load(photograph("lfw_subset.npy"))
    assert cli("avg", "--adaptive", 5, photograph("lfw_subset.npy"), "-o", "b.npy").code == 0
    expected = faces.reshape(200, 5, 5, 5, 5).mean((2, 4))
    np.testing.assert_allclose(np.load(tmp_path / "b.npy"), expected, rtol=1e-14)


def test_pages_and_frames_from_elsewhere(cli, tmp_path):
    for name in ("multipage.tif", "no_time_for_that_tiny.gif"):
        before = list(frames_of(photograph(name).read_bytes()))
        assert cli("max", photograph(name), "-o", f"{name}").code == 0
        after = list(frames_of((tmp_path / name).read_bytes()))
        assert len(after) == len(before) > 1
        mode = "L" if name == "multipage.tif" else "RGB"
        for one, other in zip(before, after, strict=True):
            pixels = np.asarray(one.convert(mode))
            np.testing.assert_array_equal(
                np.asarray(other.convert(mode)), np.squeeze(blocks(pixels).max(2))
            )


def test_what_pillow_would_cut_is_whole(cli):
    ran = cli("info", photograph("chessboard_RGB.png"))
    assert ran.code == 0
    assert "RGB;16" in ran.text
