"""Arrays as .npy: every dtype comes back, and what cannot be pooled is refused."""

from __future__ import annotations

import io
import os
import warnings

import numpy as np
import pytest
from handmade import npy, npy_header
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from PIL import Image
from round_trips import back, image_map, pixels, refusal, rng, saved, written

from poolcli.errors import FileError, PoolError, RequestError
from poolcli.io import (
    peek,
    read,
)
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import default_layout

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["=", ">", "<"])
def test_every_dtype_comes_back_native(dtype, order):
    data = (rng().random((2, 3, 4, 5)) * 100).astype(np.dtype(dtype).newbyteorder(order))
    (one,) = read(io.BytesIO(npy(data)))
    assert one.data.dtype == np.dtype(dtype)
    assert one.data.dtype.isnative
    assert np.array_equal(one.data, data)
    assert (one.layout, one.picture, one.name) == ("NCHW", None, "")


def test_fortran_order_and_versions(tmp_path):
    data = np.asfortranarray(rng().random((3, 4, 5)))
    for version in [(1, 0), (2, 0), (3, 0)]:
        path = tmp_path / "a.npy"
        with path.open("wb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.lib.format.write_array(stream, data, version=version)
        assert np.array_equal(read(path)[0].data, data)


def test_python_2_wrote_long_integers():
    raw = npy_header(
        "{'descr': '<i4', 'fortran_order': False, 'shape': (2L, 3L), }\n",
        np.arange(6, dtype="<i4").tobytes(),
    )
    assert np.array_equal(read(io.BytesIO(raw))[0].data, np.arange(6).reshape(2, 3))


def test_bools_are_0_or_1():
    raw = npy_header("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }\n", b"\0\1\7")
    assert read(io.BytesIO(raw))[0].data.view(np.uint8).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.array([1, {}], object), "pickled"),
        (np.ones((2, 2), complex), "complex"),
        (np.array(["a", "b"]), "text"),
        (np.array([b"a"]), "text"),
        (np.array(["2020-01-01"], "M8[D]"), "dates"),
        (np.array([1], "m8[s]"), "time spans"),
        (np.zeros(3, [("a", "i4")]), "records"),
        (np.zeros(3, "V4"), "records"),
        (np.zeros(3, np.longdouble), "wider than 64"),
        (np.float64(3), "0 axes"),
        (np.zeros((0, 3, 4, 4)), "0x3x4x4 has no values"),
        (np.zeros((2, 0)), "2x0 has no values"),
        (np.zeros((1,) * 6), "6 axes"),
    ],
)
def test_refused_arrays(data, words, tmp_path):
    raw = npy(data, allow_pickle=True)
    assert words in refusal(raw)
    with pytest.raises(PoolError, match=words):
        peek(io.BytesIO(raw))
    path = tmp_path / "a.npz"
    np.savez(path, good=np.ones(3), bad=data)
    with pytest.raises(PoolError, match=f"array 'bad'.*{words}"):
        read(path)


def test_a_pickle_is_never_loaded(tmp_path):
    class Boom:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "hacked"),))

    assert "pickled" in refusal(npy(np.array([Boom()], object), allow_pickle=True))
    assert not (tmp_path / "hacked").exists()


def test_a_header_that_claims_too_much_allocates_nothing(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(
        npy_header(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }\n", b"1234"
        )
    )
    for look in (read, peek):
        with pytest.raises(
            FileError,
            match=r"claims 1000000x1000000 float64, 8000000000000 bytes, the file holds 4",
        ):
            look(path)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x09\x00\x02\x00{}",
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': 3, }"),
        npy_header("{'descr': 'zz', 'fortran_order': False, 'shape': (3,), }"),
        npy_header("{'descr': '>>i2', 'fortran_order': False, 'shape': (3,), }", bytes(6)),
        npy_header("{'descr': '', 'fortran_order': False, 'shape': (3,), }", bytes(6)),
        npy_header("{'descr': '<f8'"),
        npy_header("[1]"),
        npy_header("__import__('os')"),
        npy_header("(" * 9000),
        npy_header("-" * 20000, major=2),
    ],
)
def test_damaged_npy_headers(raw):
    refusal(raw)


@pytest.mark.parametrize("cut", [5, 11, 60, 130, 150])
def test_truncated_npy(cut):
    refusal(npy(np.arange(10.0))[:cut])


def test_layout_option_for_arrays():
    raw = npy(np.ones((2, 3, 4, 5)))
    assert read(io.BytesIO(raw), "nhwc")[0].layout == "NHWC"
    assert peek(io.BytesIO(raw), "NHWC").maps[0].layout == "NHWC"
    assert "4" in refusal(raw, "HWC")
    with pytest.raises(RequestError):
        read(io.BytesIO(raw), "HXCW")
    image = saved(Image.new("RGB", (3, 2)), "PNG")
    assert read(io.BytesIO(image), "HWC")[0].layout == "HWC"
    assert "an image is HWC by nature" in refusal(image, "CHW")


@given(
    hnp.arrays(
        hnp.scalar_dtypes().filter(lambda d: d.str[1:] in [np.dtype(x).str[1:] for x in DTYPES]),
        hnp.array_shapes(min_dims=1, max_dims=5),
    )
)
@settings(deadline=None)
def test_arrays_come_back_from_npy_and_npz(data):
    one = FeatureMap(data, default_layout(data.ndim), name="x")
    for word, save in (("npy", {}), ("npz", {}), ("npz", {"compressed": "yes"})):
        (again,) = back(one, word, save=save)
        assert again.data.dtype == data.dtype.newbyteorder("=")
        assert np.array_equal(again.data, data, equal_nan=data.dtype.kind == "f")
    assert np.array_equal(
        np.load(io.BytesIO(written(one, "npy"))), data, equal_nan=data.dtype.kind == "f"
    )


def test_arrays_keep_their_own_layout():
    data = rng().random((2, 3, 4, 5))
    assert np.array_equal(np.load(io.BytesIO(written(FeatureMap(data.T, "WHCN"), "npy"))), data.T)
    names = [FeatureMap(np.ones(3), "L", name="b"), FeatureMap(np.zeros(2), "L", name="a")]
    assert [one.name for one in back(names, "npz")] == ["b", "a"]
    assert list(np.load(io.BytesIO(written(FeatureMap(data, "NCHW"), "npz")))) == ["arr_0"]


def test_images_become_channels_first_arrays():
    one = image_map("RGB")
    assert np.array_equal(back(one, "npy")[0].data, one.data.transpose(2, 0, 1))
    assert back(one, "npy")[0].layout == "CHW"
    assert np.array_equal(back(image_map("I;16"), "npy")[0].data, pixels("I;16"))


def test_npy_holds_one_map():
    with pytest.raises(FileError, match=r"2 maps .* write \.npz"):
        written([FeatureMap(np.ones(3), "L")] * 2, "npy")
