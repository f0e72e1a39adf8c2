"""Which pixel each result is, by flat indices."""

from itertools import product

import nasty
import numpy as np
import pytest
import twin
from PIL import Image
from windows_and_masks import LAYOUT, MASKS, WINDOWS, fits, windows_of

import poolcli

NAN = float("nan")
INDEXED = [("max", {}), ("min", {}), ("median", {"interpolation": "lower"}), ("mode", {})]

# Indices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize(("op", "own"), INDEXED)
def test_indices_agree_with_their_twin(op, own, ndim, thinned):
    compared = 0
    for number, (name, x) in thinned(enumerate(nasty.arrays(ndim)), of=8):
        for turn, windows in enumerate(WINDOWS):
            rules = MASKS[(number + turn) % len(MASKS)]
            order = ("plane", "tensor", "nhwc")[turn % 3]
            try:
                cells = windows_of(x.shape[-ndim:], windows)
            except ValueError:
                continue
            if fits(rules, x) and (number + turn) % 3 == 0:
                told = {
                    **windows,
                    **rules,
                    **own,
                    "index_order": order,
                    "layout": LAYOUT[ndim][-x.ndim :],
                }
                _, result = poolcli.pool(x, op, return_indices=True, **told)
                expected = twin.indices(x, op, cells, order=order, **rules, **own)
                np.testing.assert_array_equal(
                    result, expected, err_msg=f"{op} {name} {windows} {rules}"
                )
                assert result.dtype == np.int64
                compared += 1
    assert compared > 15


CASES = {
    # op, array, options, values, indices
    "ties": ("max", [5, 5, 1, 5], {"kernel": 4}, [5], [0]),
    "one NaN": ("max", [NAN, 1, 5, 0, 2], {"kernel": 5}, [NAN], [0]),
    "the first NaN": ("max", [1, NAN, 5, NAN, 2], {"kernel": 5}, [NAN], [1]),
    "PyTorch's last NaN": (
        "max",
        [1, NAN, 5, NAN, 2],
        {"kernel": 5, "semantics": "torch"},
        [NAN],
        [3],
    ),
    "NaN left out": ("max", [1, NAN, 5, NAN, 2], {"kernel": 5, "nan": "ignore"}, [5], [2]),
    "an empty window": ("max", [NAN, NAN, 1, 0], {"nan": "ignore"}, [NAN, 1], [-1, 2]),
    "a window of nodata": ("max", [7, 7, 1, 7], {"nodata": 7}, [7, 1], [-1, 2]),
    "too few are valid": ("max", [7, 3, 1, 2], {"nodata": 7, "min_valid": 0.9}, [7, 2], [-1, 3]),
    "the largest is not 0": ("max", [-3, -1], {}, [-1], [1]),
    "plane": ("max", np.arange(8).reshape(2, 2, 2), {}, [[[3]], [[7]]], [[[3]], [[3]]]),
    "tensor": (
        "max",
        np.arange(8).reshape(2, 2, 2),
        {"semantics": "onnx"},
        [[[3]], [[7]]],
        [[[3]], [[7]]],
    ),
    "nhwc": (
        "max",
        np.arange(16).reshape(2, 2, 2, 2),
        {"index_order": "nhwc"},
        [[[[3]], [[7]]], [[[11]], [[15]]]],
        [[[[6]], [[7]]], [[[6]], [[7]]]],
    ),
    "median": ("median", [4, 1, 3, 2], {"kernel": 4, "interpolation": "lower"}, [2], [3]),
    "mode": ("mode", [3, 1, 3, 1, 2], {"kernel": 5}, [1], [1]),
    "regions": (
        "max",
        np.arange(9).reshape(3, 3),
        {"boxes": [[1, 0, 2, 1]], "output_size": 1},
        [[[5]]],
        [[[5]]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_indices(name):
    op, x, options, values, places = CASES[name]
    result = poolcli.pool(np.array(x), op, return_indices=True, **options)
    np.testing.assert_array_equal(result[0], values)
    np.testing.assert_array_equal(result[1], places)


def test_indices_of_blocks_are_those_of_the_whole(monkeypatch):
    x = nasty.scrambled((2, 3, 19, 17), np.float32)
    for order in ("plane", "tensor", "nhwc"):
        whole = poolcli.pool(x, "max", kernel=3, stride=2, index_order=order, return_indices=True)
        with monkeypatch.context() as patch:
            patch.setattr("poolcli.engine.backend.blocks.LARGEST", 1)
            parts = poolcli.pool(
                x, "max", kernel=3, stride=2, index_order=order, return_indices=True
            )
        np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("op", ["max", "median", "mode"])
def test_indices_of_windows_that_are_copied_in_pieces(monkeypatch, op):
    """The numbers of pixels are given once for all planes, and cut as the planes are."""
    x = np.random.default_rng(0).integers(0, 255, (5, 3, 20, 22)).astype(np.uint8)
    options = {"kernel": 3, "stride": 1, "return_indices": True}
    options |= {"interpolation": "lower"} if op == "median" else {}
    expected = poolcli.pool(x, op, **options)
    monkeypatch.setattr("poolcli.engine.backend.window_views.MOST", 5000)
    for each, other in zip(poolcli.pool(x, op, **options), expected, strict=True):
        np.testing.assert_array_equal(each, other)
    values, indices = expected
    flat = x.reshape(5, 3, -1)
    np.testing.assert_array_equal(
        np.take_along_axis(flat, indices.reshape(5, 3, -1), 2).reshape(values.shape), values
    )


def test_indices_lie_as_their_values_do():
    x = nasty.scrambled((2, 3, 8, 10), np.float32)
    _, expected = poolcli.pool(x, "max", return_indices=True)
    values, places = poolcli.pool(
        x.transpose(0, 2, 3, 1), "max", layout="NHWC", return_indices=True
    )
    np.testing.assert_array_equal(places, expected.transpose(0, 2, 3, 1))
    back = poolcli.pool(values, "unpool", layout="NHWC", indices=places, output_size=(8, 10))
    np.testing.assert_array_equal(back[back != 0], x.transpose(0, 2, 3, 1)[back != 0])


@pytest.mark.parametrize(
    ("op", "says"), [("avg", "max, min, median, mode have"), ("median", "lower, higher or near")]
)
def test_what_lies_between_pixels_has_no_index(op, says):
    with pytest.raises(poolcli.RequestError, match=says):
        poolcli.pool([1, 2], op, return_indices=True)


def _variants(x):
    """The array in C order, with the channels of a pixel side by side, and with gaps."""
    yield x
    yield np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1)
    yield np.repeat(x, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f2", "f4", "f8", "i8", ">f4"])
@pytest.mark.parametrize("op", ["max", "min"])
@pytest.mark.parametrize("semantics", ["poolcli", "torch", "onnx"])
def test_backends_find_the_same_pixels(monkeypatch, op, dtype, semantics):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, (2, 3, 9, 10)).astype(dtype)
    if values.dtype.kind == "f":
        values[rng.random(values.shape) < 0.1] = np.nan
    options = {"kernel": 3, "stride": 2, "padding": 1, "semantics": semantics}
    for x, order, given in product(
        _variants(values), ("plane", "tensor", "nhwc"), ({}, {"dtype": "float64"})
    ):
        found = []
        for backend in ("plain", ""):
            monkeypatch.setenv("POOLCLI_BACKEND", backend)
            options["index_order"] = order
            found.append(poolcli.pool(x, op, return_indices=True, **options, **given))
        (expected, places), (result, indices) = found
        np.testing.assert_array_equal(result, expected)
        np.testing.assert_array_equal(indices, places)
        assert result.dtype == expected.dtype


# On the command line ------------------------------------------------------------------------------


def test_indices_and_back_again(cli, tmp_path):
    x = nasty.scrambled((2, 3, 8, 10), np.float32) + 200
    np.save(tmp_path / "x.npy", x)
    assert cli("max", "x.npy", "-o", "y.npy", "--indices", "i.npy").code == 0
    ran = cli("unpool", "y.npy", "--indices", "i.npy", "--output-size", "8x10", "-o", "z.npy")
    assert (ran.code, ran.err) == (0, "")
    z = np.load(tmp_path / "z.npy")
    np.testing.assert_array_equal(z[z != 0], x[z != 0])
    np.testing.assert_array_equal(poolcli.pool(z, "max"), np.load(tmp_path / "y.npy"))


def test_indices_of_a_picture_and_back_again(cli, photo, tmp_path):
    assert cli("max", "photo.png", "-o", "y.png", "--indices", "i.npy").code == 0
    assert np.load(tmp_path / "i.npy").shape == (3, 6, 8)
    assert cli("unpool", "y.png", "--indices", "i.npy", "-o", "z.png").code == 0
    z = np.asarray(Image.open(tmp_path / "z.png"))
    np.testing.assert_array_equal(z[z != 0], photo[z != 0])


def test_indices_of_several_maps_are_an_npz(cli, tmp_path):
    np.savez(tmp_path / "x.npz", a=np.arange(4), b=np.arange(8)[::-1])
    ran = cli("max", "x.npz", "-o", "y.npz", "--indices", "i.npy")
    assert (ran.code, "write .npz" in ran.err) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npz"]
    assert cli("max", "x.npz", "-o", "y.npz", "--indices", "i.npz").code == 0
    assert np.load(tmp_path / "i.npz")["b"].tolist() == [0, 2, 4, 6]


REFUSED = [
    ("max x.npy x2.npy -o out/ --indices i.npy", 2, "takes one input, and there are 2"),
    ("max x.npy -o y.npy --indices i.png", 2, "takes an .npy"),
    ("max x.npy -o y.npy --indices x.npy", 2, "is the input or the output"),
    ("max x.npy -o y.npy --indices y.npy", 2, "is the input or the output"),
    ("median x.npy -o y.npy --indices i.npy", 2, "give --interpolation lower"),
    ("max x.npy -o y.npy --indices x2.npy", 1, "is there already: --overwrite"),
    ("avg x.npy -o y.npy --indices i.npy", 2, "has no --indices"),
    ("unpool x.npy -o y.npy", 2, "needs --indices"),
    ("unpool x.npy -o y.npy --indices missing.npy", 2, "there is no such file"),
    ("unpool x.npy -o y.npy --indices x2.npy", 1, "--indices has 9"),
]


@pytest.mark.parametrize(("words", "code", "says"), REFUSED)
def test_refused(cli, tmp_path, words, code, says):
    np.save(tmp_path / "x.npy", np.arange(4))
    np.save(tmp_path / "x2.npy", np.array([0, 9, 1, 2]))
    ran = cli(*words.split())
    assert ran.code == code
    assert says in ran.err
    assert ran.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["x.npy", "x2.npy"]


def test_several_maps_go_back_by_their_names(cli, tmp_path):
    arrays = {
        "a": np.arange(16.0).reshape(4, 4) + 1,
        "b": np.arange(32.0).reshape(2, 4, 4)[::-1] + 1,
    }
    np.savez(tmp_path / "x.npz", **arrays)
    assert cli("max", "-k", 2, "x.npz", "-o", "y.npz", "--indices", "i.npz").code == 0
    assert cli("unpool", "y.npz", "--indices", "i.npz", "-o", "z.npz").code == 0
    with np.load(tmp_path / "z.npz") as back:
        for name, x in arrays.items():
            np.testing.assert_array_equal(poolcli.pool(back[name], "max"), poolcli.pool(x, "max"))
            assert np.count_nonzero(back[name]) == x.size // 4
    np.save(tmp_path / "alone.npy", np.ones((2, 2)))
    ran = cli("unpool", "alone.npy", "--indices", "i.npz", "-o", "w.npy")
    assert ran.code == 1
    assert "it holds arrays for the maps a, b" in ran.err
