"""The commands of operations: values, pipes, layouts, archives."""

import io

import numpy as np
import pytest
from images import halves, load
from PIL import Image
from representatives import first

import poolcli


def test_main_job(cli, photo, tmp_path):
    ran = cli("max", "--k", 2, "--stride", 2, "photo.png")
    assert ran.code == 0
    assert ran.err == ""
    np.testing.assert_array_equal(load(tmp_path / "photo-max.png"), halves(photo).max((1, 3)))
    assert "photo.png" in ran.text
    assert "12x16x3 → 6x8x3" in ran.text
    assert "pool ms" in ran.text
    assert "photo-max.png" in ran.text


@pytest.mark.parametrize(
    ("words", "given", "expected"),
    [
        ("max -k 2 -s 1", np.arange(1, 16).reshape(3, 5), [[7, 8, 9, 10], [12, 13, 14, 15]]),
        ("avg -k 2 -s 1", np.arange(1, 16).reshape(3, 5), [[4, 5, 6, 7], [9, 10, 11, 12]]),
        ("max -k 3x1", np.arange(1, 19).reshape(6, 3), [[7, 8, 9], [16, 17, 18]]),
        (
            "max -k 2 -s 1 -p same",
            np.arange(1, 10).reshape(3, 3),
            [[5, 6, 6], [8, 9, 9], [8, 9, 9]],
        ),
        (
            "avg -k 2 -s 1 -p same",
            np.arange(1, 10).reshape(3, 3),
            [[3, 4, 4.5], [6, 7, 7.5], [7.5, 8.5, 9]],
        ),
        ("l2 -k 2", np.array([[1.0, 2], [3, 4]]), [[7.5**0.5]]),
        (
            "avg -k 7 -s 3 -p 3 --ceil-mode --count-include-pad",
            np.arange(1.0, 10),
            [10 / 7, 4, 39 / 7, 4],
        ),
        ("avg -k 7 -s 3 -p 3 --ceil-mode", np.arange(1.0, 10), [2.5, 4, 6.5, 8]),
        ("avg -k 2 -s 2 --ceil-mode --divisor 4", np.ones((3, 3)), [[1, 0.5], [0.5, 0.25]]),
        ("avg --adaptive 5", np.array([0.0, 1, 2]), [0, 0.5, 1, 1.5, 2]),
    ],
)
def test_seed_formulas(cli, tmp_path, words, given, expected):
    np.save(tmp_path / "x.npy", given)
    assert cli(*words.split(), "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-15)


EVERY_SEVENTH_FIRST = sorted(range(1, 65), key=lambda kernel: kernel % 7 != 1)


@pytest.mark.parametrize("kernel", first(10, EVERY_SEVENTH_FIRST))
def test_average_of_bytes_is_the_exact_mean_rounded_once(cli, tmp_path, kernel):
    pixels = np.random.default_rng(kernel).integers(0, 256, (2 * kernel, 3 * kernel), np.uint8)
    pixels[:kernel, :kernel] = 0
    pixels[:kernel, : kernel // 2] = 255  # half of a window, so that ties come up
    Image.fromarray(pixels).save(tmp_path / "a.png")
    sums = pixels.reshape(2, kernel, 3, kernel).sum((1, 3), dtype=int)
    for rule, extra in (("half-even", None), ("half-up", 0.5), ("floor", 0)):
        assert (
            cli("avg", "-k", kernel, "a.png", "-o", "b.png", "--overwrite", "--round", rule).code
            == 0
        )
        n = kernel * kernel
        exact = [[_rounded(int(total), n, extra) for total in row] for row in sums]
        np.testing.assert_array_equal(load(tmp_path / "b.png"), exact)


def _rounded(total, n, extra):
    if extra is None:
        down, rest = divmod(total, n)
        return down + (2 * rest > n or (2 * rest == n and down % 2 == 1))
    return (2 * total + int(2 * extra) * n) // (2 * n)


def test_pipe_of_images(cli, photo, tmp_path):
    first = cli("avg", "-k", 2, "photo.png", "-o", "-")
    assert first.code == 0
    assert "photo.png" in first.err
    second = cli("max", "-k", 3, "-s", 1, "-p", "same", "-", "-o", "b.png", stdin=first.out)
    assert second.code == 0
    mean = np.rint(halves(photo).mean((1, 3))).astype(np.uint8)
    expected = poolcli.pool(mean, "max", kernel=3, stride=1, padding="same", layout="HWC")
    np.testing.assert_array_equal(load(tmp_path / "b.png"), expected)


def test_pipe_of_arrays(cli, tmp_path):
    x = np.random.default_rng(1).random((2, 3, 8, 8), np.float32)
    np.save(tmp_path / "a.npy", x)
    first = cli("avg", "-k", 2, "a.npy", "-o", "-")
    second = cli("max", "-k", 3, "-s", 1, "-p", "same", "-", "-o", "-", stdin=first.out)
    assert (first.code, second.code) == (0, 0)
    result = np.load(io.BytesIO(second.out))
    np.testing.assert_array_equal(result, poolcli.parse("avg -k 2 | max -k 3 -s 1 -p same")(x))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("l", (9,)),
        ("hw", (9, 8)),
        ("chw", (3, 9, 8)),
        ("nchw", (2, 3, 9, 8)),
        ("ncdhw", (2, 3, 6, 9, 8)),
    ],
)
def test_layout_by_the_number_of_axes(cli, tmp_path, name, shape):
    x = np.random.default_rng(0).random(shape)
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "x.npy", "-o", "y.npy").code == 0
    space = len(shape) if len(shape) < 3 else len(shape) - 2 + (len(shape) == 3)
    assert np.load(tmp_path / "y.npy").shape == shape[:-space] + tuple(
        size // 2 for size in shape[-space:]
    )


def test_layout_named(cli, tmp_path):
    x = np.random.default_rng(0).random((2, 8, 6, 3))
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "--layout", "NHWC", "x.npy", "-o", "y.npy").code == 0
    np.testing.assert_array_equal(
        np.load(tmp_path / "y.npy"), x.reshape(2, 4, 2, 3, 2, 3).max((2, 4))
    )


def test_every_array_of_an_npz(cli, tmp_path):
    arrays = {"a": np.arange(16.0).reshape(4, 4), "b": np.arange(32).reshape(2, 4, 4)}
    np.savez(tmp_path / "x.npz", **arrays)
    assert cli("max", "x.npz").code == 0
    with np.load(tmp_path / "x-max.npz") as result:
        assert list(result) == ["a", "b"]
        for name, x in arrays.items():
            np.testing.assert_array_equal(result[name], poolcli.pool(x, "max"))


def test_an_order_of_indices_needs_indices(cli, photo):
    ran = cli("max", "--index-order", "tensor", "photo.png")
    assert ran.code == 2
    assert "--indices FILE" in ran.err


def test_nan_as_nodata_prints_and_parses():
    pipeline = poolcli.parse("min --nodata nan")
    assert pipeline == poolcli.parse(str(pipeline))
    assert hash(pipeline) == hash(poolcli.parse("min --nodata nan"))
