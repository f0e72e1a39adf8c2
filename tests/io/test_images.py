"""An image stays right: every mode, what it carries, and photographs, against pixels computed here."""

import io
import sys
from importlib.metadata import files
from pathlib import Path

import numpy as np
import pytest
from handmade import png, tiff
from PIL import Image, ImageCms

PHOTOS = {
    Path(str(file)).name: Path(str(file.locate()))
    for file in files("scikit-image") or ()
    if file.match("skimage/data/*") and file.suffix in (".png", ".jpg", ".tif", ".gif", ".npy")
}


@pytest.fixture
def pooled(cli, tmp_path):
    """Write an image, run a command on it, and open what came out."""

    def run(command, image, name="a.png", to=None, **options):
        image.save(tmp_path / name, **options)
        ran = cli(*command.split(), name, "-o", to or f"out-{name}", "--overwrite")
        assert (ran.code, ran.err) == (0, "")
        return opened(tmp_path / (to or f"out-{name}"))

    return run


def opened(path):
    with Image.open(path) as image:
        image.load()
        return image


def noise(*shape, dtype=np.uint8, seed=0):
    top = 1 if dtype is bool else np.iinfo(dtype).max
    return (
        np.random.default_rng(seed).integers(0, top, shape, np.int64, endpoint=True).astype(dtype)
    )


def blocks(x, size=2):
    """The windows of `size` by `size` that lie side by side, their pixels on the last axis but one."""
    height, width = x.shape[0] // size, x.shape[1] // size
    cut = x[: height * size, : width * size].reshape(height, size, width, size, -1)
    return cut.swapaxes(1, 2).reshape(height, width, size * size, -1)


def mean(x, size=2):
    """The exact mean of each window, rounded half to even."""
    return np.squeeze(
        np.rint(blocks(x, size).astype(np.float64).mean(2)), -1 if x.ndim == 2 else ()
    )


def weighed(x, size=2):
    """The mean of each window, colours weighed by alpha; the alphas' own mean."""
    windows = blocks(x, size).astype(np.float64)
    colours, alpha = windows[..., :-1], windows[..., -1:]
    total = alpha.sum(2)
    colour = np.where(total > 0, (colours * alpha).sum(2) / np.where(total > 0, total, 1), 0)
    return np.rint(np.concatenate([colour, alpha.mean(2)], -1))


def same(image, expected, mode):
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), expected)


# ---- modes


def test_one_bit(pooled):
    x = noise(12, 16, dtype=bool)
    image = Image.fromarray(x)
    for name in ("a.png", "a.tif", "a.bmp", "a.pbm"):
        same(pooled("max", image, name), blocks(x).max(2)[..., 0], "1")
        same(pooled("min", image, name), blocks(x).min(2)[..., 0], "1")
        same(pooled("avg", image, name), mean(x * np.uint8(255)), "L")


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.gif", "a.bmp"])
def test_a_palette_is_kept_or_expanded(pooled, name):
    indices, colours = noise(12, 16) % 7, noise(7, 3, seed=1)
    image = Image.fromarray(indices)
    image.putpalette(colours.tobytes())
    for op in ("max", "min"):
        result = pooled(op, image, name)
        same(result, getattr(blocks(indices), op)(2)[..., 0], "P")
        assert bytes(result.getpalette())[:21] == colours.tobytes()
    same(pooled("avg", image, name, "b.png"), mean(colours[indices]), "RGB")


def test_a_palette_with_alpha(pooled):
    indices, colours, alpha = noise(12, 16) % 4, noise(4, 3, seed=1), bytes([0, 80, 255, 200])
    image = Image.fromarray(indices)
    image.putpalette(colours.tobytes())
    kept = pooled("max", image, transparency=alpha)
    same(kept, blocks(indices).max(2)[..., 0], "P")
    assert kept.info["transparency"].ljust(4, b"\xff") == alpha
    table = np.concatenate([colours, np.frombuffer(alpha, np.uint8)[:, None]], 1)
    same(pooled("avg", image, transparency=alpha), weighed(table[indices]), "RGBA")


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("L", ["a.png", "a.tif", "a.bmp", "a.pgm"]),
        ("RGB", ["a.png", "a.tif", "a.bmp", "a.ppm", "a.webp"]),
        ("CMYK", ["a.tif"]),
    ],
)
def test_plain_modes(pooled, mode, names):
    channels = len(Image.new(mode, (1, 1)).getbands())
    x = noise(13, 17, channels)[..., 0] if channels == 1 else noise(13, 17, channels)
    for name in names:
        options = {"lossless": True} if name == "a.webp" else {}
        same(pooled("avg", Image.fromarray(x, mode), name, **options), mean(x), mode)
        same(
            pooled("max", Image.fromarray(x, mode), name, **options),
            np.squeeze(blocks(x).max(2)),
            mode,
        )


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_weighs_colours(pooled, mode, name):
    x = noise(12, 16, len(mode))
    x[:4, :4, -1] = 0  # a window that is clear
    for command, size in (("avg", 2), ("avg -k 4", 4)):
        same(pooled(command, Image.fromarray(x, mode), name), weighed(x, size), mode)


def test_one_red_pixel_of_four(pooled):
    x = np.zeros((2, 2, 4), np.uint8)
    x[..., 1] = 255  # green that nobody sees
    x[0, 0] = 255, 0, 0, 255
    assert pooled("avg", Image.fromarray(x)).getpixel((0, 0)) == (255, 0, 0, 64)
    assert pooled("avg --global", Image.fromarray(x)).getpixel((0, 0)) == (255, 0, 0, 64)


@pytest.mark.parametrize("op", ["sum", "l2", "median", "avg"])
def test_alpha_has_the_windows_of_its_colours(pooled, op):
    """Also where they are a framework's defaults: ONNX's stride is 1."""
    image = Image.fromarray(noise(6, 7, 4))
    theirs, ours = (pooled(f"{op} -k 2 {told}", image) for told in ("--semantics onnx", "-s 1"))
    same(theirs, np.asarray(ours), "RGBA")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint16"])
@pytest.mark.parametrize(
    "op", ["avg", "std", "blur --filter 1 -s 2", "restore --interpolation bilinear"]
)
def test_alpha_weighs_in_numbers_of_any_type(cli, tmp_path, op, dtype):
    """What the first step leaves are the same numbers, so that the second does the same with them."""
    image = Image.fromarray(noise(8, 8, 4))
    image.save(tmp_path / "x.png")
    for first, name in ((f"sample -s 1 --dtype {dtype} | ", "a.npy"), ("", "b.npy")):
        ran = cli("run", f"{first}{op} --dtype float64", "x.png", "-o", name)
        assert (ran.code, ran.err) == (0, "")
    np.testing.assert_allclose(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"), rtol=1e-5)


def test_a_gray_gif(pooled):
    x = noise(12, 16)
    for op in ("avg", "max"):
        result = pooled(op, Image.fromarray(x), "a.gif").convert("L")
        same(result, mean(x) if op == "avg" else blocks(x).max(2)[..., 0], "L")


@pytest.mark.parametrize(("name", "mode"), [("a.png", "I;16"), ("a.tif", "I;16"), ("a.pgm", "I")])
def test_sixteen_bit_gray(pooled, name, mode):
    x = noise(12, 16, dtype=np.uint16)
    same(pooled("avg", Image.fromarray(x), name), mean(x), mode)
    same(pooled("max", Image.fromarray(x), name), blocks(x).max(2)[..., 0], mode)


def test_float_tiff(pooled):
    x = np.random.default_rng(0).normal(size=(12, 16)).astype(np.float32)
    result = pooled("avg", Image.fromarray(x), "a.tif")
    assert result.mode == "F"
    np.testing.assert_allclose(
        np.asarray(result), blocks(x.astype(np.float64)).mean(2)[..., 0], rtol=1e-6, atol=1e-7
    )
    same(pooled("max", Image.fromarray(x), "a.tif"), blocks(x).max(2)[..., 0], "F")


def test_32_bit_integers(pooled):
    x = noise(12, 16, dtype=np.int32) - 2**30
    same(pooled("avg", Image.fromarray(x), "a.tif"), mean(x), "I")


# ---- what an image carries


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
    same(result, blocks(upright).max(2), "RGB")
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


# ---- light


def test_linear_light(pooled):
    board = (np.indices((8, 8)).sum(0) % 2 * 255).astype(np.uint8)
    assert pooled("avg", Image.fromarray(board)).getextrema() == (128, 128)
    assert pooled("avg --linear", Image.fromarray(board)).getextrema() == (188, 188)
    colours = Image.merge("RGB", [Image.fromarray(board)] * 3)
    assert pooled("avg --linear", colours).getextrema() == ((188, 188),) * 3
    assert pooled("max --linear", Image.fromarray(board)).getextrema() == (255, 255)


def test_linear_light_of_a_photo(pooled):
    x = noise(24, 32, 3)
    value = x / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    dim = blocks(light, 4).mean(2)
    expected = 255 * np.where(dim <= 0.0031308, dim * 12.92, 1.055 * dim ** (1 / 2.4) - 0.055)
    same(pooled("avg -k 4 --linear", Image.fromarray(x)), np.rint(expected), "RGB")


# ---- what cannot be kept is refused


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.png", png(4, 4, 16, 2, bytes(4 * 25))),
        ("a.png", png(4, 4, 16, 6, bytes(4 * 33))),
        ("a.tif", tiff(4, 4, (16, 16, 16), bytes(96), t262=2, t277=3)),
    ],
)
def test_sixteen_bit_colours_are_refused(cli, tmp_path, name, raw, monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)  # as if the extra were not installed
    (tmp_path / name).write_bytes(raw)
    ran = cli("max", name)
    assert ran.code == 1
    assert ran.err.startswith(f"Error: {name}: ")
    assert ran.err.count("\n") == 1
    assert ".npy" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_scales(cli, tmp_path):
    x = np.random.default_rng(0).normal(100, 40, (12, 16)).astype(np.float32)
    np.save(tmp_path / "a.npy", x)
    assert cli("max", "a.npy", "-o", "b.png").code == 1
    assert cli("max", "a.npy", "-o", "minmax.png", "--scale", "minmax").code == 0
    assert cli("max", "a.npy", "-o", "none.png", "--scale", "none").code == 0
    top = blocks(x).max(2)[..., 0].astype(np.float64)
    same(
        opened(tmp_path / "minmax.png"),
        np.rint((top - top.min()) / (top.max() - top.min()) * 255),
        "L",
    )
    same(opened(tmp_path / "none.png"), np.rint(np.clip(top, 0, 255)), "L")


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
    same(opened(tmp_path / "a.png"), pixels, mode)
    assert cli("max", "-k", 1, "a.png", "-o", "b.npy").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "b.npy"), np.moveaxis(pixels, -1, 0) if pixels.ndim == 3 else x
    )


# ---- pages


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
    assert cli("info", f"b{name}").text.count("4x4x3") == 3
    with Image.open(io.BytesIO(raw)) as image:
        image.seek(1)
        image.load()
        assert image.info["duration"] == 80


# ---- photographs


def pixels_of(path):
    """What Pillow alone makes of a file; a palette as colours."""
    image = opened(path)
    return np.asarray(image.convert("RGB") if image.mode == "P" else image)


@pytest.mark.parametrize(
    "name", ["astronaut.png", "camera.png", "coins.png", "page.png", "hubble_deep_field.jpg"]
)
def test_photographs(cli, tmp_path, name):
    x = pixels_of(PHOTOS[name])
    for op, size in (("max", 2), ("min", 3), ("avg", 4), ("avg", 7), ("std", 5), ("l2", 2)):
        assert cli(op, "-k", size, PHOTOS[name], "-o", "b.png", "--overwrite").code == 0
        windows = blocks(x, size).astype(np.float64)
        exact = {"max": windows.max, "min": windows.min, "avg": windows.mean, "std": windows.std}
        expected = exact[op](2) if op in exact else np.sqrt((windows**2).mean(2))
        np.testing.assert_array_equal(
            np.asarray(opened(tmp_path / "b.png")), np.rint(np.squeeze(expected))
        )


@pytest.mark.parametrize("name", ["logo.png", "horse.png"])
def test_photographs_with_alpha(cli, tmp_path, name):
    assert cli("avg", "-k", 3, PHOTOS[name], "-o", "b.png").code == 0
    same(opened(tmp_path / "b.png"), weighed(pixels_of(PHOTOS[name]), 3), "RGBA")


def test_photographs_with_overlapping_windows(cli, tmp_path):
    x = pixels_of(PHOTOS["chelsea.png"])
    assert (
        cli("max", "-k", 3, "-s", 2, "-p", "same", PHOTOS["chelsea.png"], "-o", "b.png").code == 0
    )
    padded = np.pad(x, ((0, 1), (1, 1), (0, 0)))  # 300 rows are even, 451 columns odd
    taps = [padded[i : i + 300 : 2, j : j + 451 : 2] for i in range(3) for j in range(3)]
    same(opened(tmp_path / "b.png"), np.max(taps, 0), "RGB")


def test_a_stack_of_faces(cli, tmp_path):
    faces = np.load(PHOTOS["lfw_subset.npy"])
    assert cli("avg", "--adaptive", 5, PHOTOS["lfw_subset.npy"], "-o", "b.npy").code == 0
    expected = faces.reshape(200, 5, 5, 5, 5).mean((2, 4))
    np.testing.assert_allclose(np.load(tmp_path / "b.npy"), expected, rtol=1e-14)


def test_pages_and_frames_from_elsewhere(cli, tmp_path):
    for name in ("multipage.tif", "no_time_for_that_tiny.gif"):
        before = list(frames_of(PHOTOS[name].read_bytes()))
        assert cli("max", PHOTOS[name], "-o", f"{name}").code == 0
        after = list(frames_of((tmp_path / name).read_bytes()))
        assert len(after) == len(before) > 1
        mode = "L" if name == "multipage.tif" else "RGB"
        for one, other in zip(before, after, strict=True):
            pixels = np.asarray(one.convert(mode))
            np.testing.assert_array_equal(
                np.asarray(other.convert(mode)), np.squeeze(blocks(pixels).max(2))
            )


def test_what_pillow_would_cut_is_refused(cli):
    ran = cli("info", PHOTOS["chessboard_RGB.png"])
    assert ran.code == 1
    assert "16 bits a channel, of which Pillow would keep 8" in ran.err


def test_lab_is_averaged_across_gray(cli):
    """a* and b* are signed: the mean of a little green and as much red is gray."""
    lab = np.zeros((4, 4, 3), np.int8)
    lab[..., 0], lab[::2, :, 1], lab[1::2, :, 1], lab[..., 2] = 100, 2, -4, -128
    Image.frombytes("LAB", (4, 4), lab.tobytes()).save(
        "lab.tiff"
    )  # Pillow takes them as two's complement
    for op, expected in (("avg", -1), ("max", 2), ("min", -4), ("median", -1)):
        assert cli(op, "-k", 2, "lab.tiff", "-o", "out.tiff", "--overwrite").code == 0
        with Image.open("out.tiff") as image:
            values = np.frombuffer(image.tobytes(), np.int8).reshape(2, 2, 3)
        assert (image.mode, values[0, 0].tolist()) == ("LAB", [100, expected, -128])
