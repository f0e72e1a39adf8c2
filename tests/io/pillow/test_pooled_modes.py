"""Pooled images keep their modes, colours and light; on the command line."""

import numpy as np
import png_twin
import pytest
from images import halves
from PIL import Image
from pooled_images import assert_image, blocks, mean, noise, weighed


def test_one_bit(pooled):
    x = noise(12, 16, dtype=bool)
    image = Image.fromarray(x)
    for name in ("a.png", "a.tif", "a.bmp", "a.pbm"):
        assert_image(pooled("max", image, name), blocks(x).max(2)[..., 0], "1")
        assert_image(pooled("min", image, name), blocks(x).min(2)[..., 0], "1")
        assert_image(pooled("avg", image, name), mean(x * np.uint8(255)), "L")


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.gif", "a.bmp"])
def test_a_palette_is_kept_or_expanded(pooled, name):
    indices, colours = noise(12, 16) % 7, noise(7, 3, seed=1)
    image = Image.fromarray(indices)
    image.putpalette(colours.tobytes())
    for op in ("max", "min"):
        result = pooled(op, image, name)
        assert_image(result, getattr(blocks(indices), op)(2)[..., 0], "P")
        assert bytes(result.getpalette())[:21] == colours.tobytes()
    assert_image(pooled("avg", image, name, "b.png"), mean(colours[indices]), "RGB")


def test_a_palette_with_alpha(pooled):
    indices, colours, alpha = noise(12, 16) % 4, noise(4, 3, seed=1), bytes([0, 80, 255, 200])
    image = Image.fromarray(indices)
    image.putpalette(colours.tobytes())
    kept = pooled("max", image, transparency=alpha)
    assert_image(kept, blocks(indices).max(2)[..., 0], "P")
    assert kept.info["transparency"].ljust(4, b"\xff") == alpha
    table = np.concatenate([colours, np.frombuffer(alpha, np.uint8)[:, None]], 1)
    assert_image(pooled("avg", image, transparency=alpha), weighed(table[indices]), "RGBA")


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
        assert_image(pooled("avg", Image.fromarray(x, mode), name, **options), mean(x), mode)
        assert_image(
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
        assert_image(pooled(command, Image.fromarray(x, mode), name), weighed(x, size), mode)


def test_one_red_pixel_of_four(pooled):
    x = np.zeros((2, 2, 4), np.uint8)
    x[..., 1] = 255  # green that is not shown
    x[0, 0] = 255, 0, 0, 255
    assert pooled("avg", Image.fromarray(x)).getpixel((0, 0)) == (255, 0, 0, 64)
    assert pooled("avg --global", Image.fromarray(x)).getpixel((0, 0)) == (255, 0, 0, 64)


@pytest.mark.parametrize("op", ["sum", "l2", "median", "avg"])
def test_alpha_has_the_windows_of_its_colours(pooled, op):
    """Also where they are a framework's defaults: ONNX's stride is 1."""
    image = Image.fromarray(noise(6, 7, 4))
    theirs, ours = (pooled(f"{op} -k 2 {told}", image) for told in ("--semantics onnx", "-s 1"))
    assert_image(theirs, np.asarray(ours), "RGBA")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint16"])
@pytest.mark.parametrize(
    "op", ["avg", "std", "blur --filter 1 -s 2", "restore --interpolation bilinear"]
)
def test_alpha_weighs_in_numbers_of_any_type(cli, tmp_path, op, dtype):
    """The first step changes the dtype alone, so that the second gives the same numbers."""
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
        assert_image(result, mean(x) if op == "avg" else blocks(x).max(2)[..., 0], "L")


@pytest.mark.parametrize(("name", "mode"), [("a.png", "I;16"), ("a.tif", "I;16"), ("a.pgm", "I")])
def test_sixteen_bit_gray(pooled, name, mode):
    x = noise(12, 16, dtype=np.uint16)
    assert_image(pooled("avg", Image.fromarray(x), name), mean(x), mode)
    assert_image(pooled("max", Image.fromarray(x), name), blocks(x).max(2)[..., 0], mode)


def test_float_tiff(pooled):
    x = np.random.default_rng(0).normal(size=(12, 16)).astype(np.float32)
    result = pooled("avg", Image.fromarray(x), "a.tif")
    assert result.mode == "F"
    np.testing.assert_allclose(
        np.asarray(result), blocks(x.astype(np.float64)).mean(2)[..., 0], rtol=1e-6, atol=1e-7
    )
    assert_image(pooled("max", Image.fromarray(x), "a.tif"), blocks(x).max(2)[..., 0], "F")


def test_32_bit_integers(pooled):
    x = noise(12, 16, dtype=np.int32) - 2**30
    assert_image(pooled("avg", Image.fromarray(x), "a.tif"), mean(x), "I")


def test_linear_light(pooled):
    board = (np.indices((8, 8)).sum(0) % 2 * 255).astype(np.uint8)
    assert pooled("avg", Image.fromarray(board)).getextrema() == (128, 128)
    assert pooled("avg --linear", Image.fromarray(board)).getextrema() == (188, 188)
    colours = Image.merge("RGB", [Image.fromarray(board)] * 3)
    assert pooled("avg --linear", colours).getextrema() == ((188, 188),) * 3
    assert pooled("max --linear", Image.fromarray(board)).getextrema() == (255, 255)


@pytest.mark.parametrize("op", ["max", "avg"])
@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colours_of_a_png(cli, tmp_path, op, colour, channels):
    values = noise(6, 8, channels, dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(png_twin.encode(values, colour, 16))
    assert cli(op, "-k", 2, "a.png", "-o", "b.png").code == 0
    pooled, *found = png_twin.decode((tmp_path / "b.png").read_bytes())
    assert found[:2] == [colour, 16]
    blocks = halves(values.astype(np.uint64))
    if op == "avg" and channels != 3:  # alpha averages premultiplied
        total = blocks[..., -1:].sum((1, 3), keepdims=True)
        blocks[..., :-1] = np.rint(
            (blocks[..., :-1] * blocks[..., -1:]).sum((1, 3), keepdims=True) / total
        )
    expected = blocks.max((1, 3)) if op == "max" else np.rint(blocks.mean((1, 3)))
    np.testing.assert_array_equal(pooled, expected)


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
