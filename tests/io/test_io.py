"""Reading, peeking and writing: what comes back is what was there, and what cannot be is said."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import threading
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from handmade import chunk, npy, npy_header, png, tiff
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageOps

from poolcli.errors import FileError, PoolError, RequestError
from poolcli.io import (
    FORMATS,
    atomic,
    default_format,
    format_named,
    peek,
    read,
    write,
)
from poolcli.io.mode import MODES
from poolcli.io.pillow.checks import avif_bits, jpeg_2000_bits
from poolcli.maps.feature_map import FeatureMap
from poolcli.maps.layout import check_layout, default_layout
from poolcli.maps.picture import Picture

MODES_OF_IMAGES = [mode for mode in MODES if mode != "HSV"]
REFUSED = {
    "png": ("CMYK", "YCbCr", "LAB", "I", "F"),
    "jpeg": ("LA", "RGBA", "LAB", "I;16", "I", "F"),
    "tiff": (),
    "webp": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "bmp": ("LA", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "gif": ("CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "ppm": ("LA", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F"),
}


def rng(seed=0):
    return np.random.default_rng(seed)


def pixels(mode, height=19, width=23, seed=0):
    dtype, channels = MODES[mode][:2]
    shape = (height, width, channels) if channels else (height, width)
    if dtype == "float32":
        return rng(seed).normal(size=shape).astype(np.float32)
    if dtype == "bool":
        return rng(seed).random(shape) < 0.5
    info = np.iinfo(dtype)
    return rng(seed).integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def image_map(mode, data=None, **facts):
    data = pixels(mode) if data is None else data
    if mode == "P":
        facts.setdefault("palette", rng(9).integers(0, 256, 768, dtype=np.uint8).tobytes())
    return FeatureMap(data, "HWC" if data.ndim == 3 else "HW", Picture(mode, **facts))


def written(maps, word, save=None, scale=None):
    stream = io.BytesIO()
    maps = [maps] if isinstance(maps, FeatureMap) else maps
    write(maps, stream, format_named(word), save or {}, scale)
    return stream.getvalue()


def back(maps, word, **more):
    return read(io.BytesIO(written(maps, word, **more)))


def rgba(one):
    """What a viewer shows, whatever the mode."""
    image = (
        Image.frombytes(one.picture.mode, one.data.shape[1::-1], one.data.tobytes())
        if one.data.dtype != bool
        else (Image.fromarray(one.data.astype(np.uint8) * 255))
    )
    if one.picture.mode == "P":
        image.putpalette(one.picture.palette)
        if one.picture.palette_alpha:
            image.info["transparency"] = one.picture.palette_alpha
    return np.asarray(image.convert("RGBA"))


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def refusal(data, layout=None):
    """The one line that both reading and peeking give; reading alone for damage behind the header."""
    with pytest.raises(PoolError) as caught:
        read(io.BytesIO(data), layout)
    message = str(caught.value)
    assert "\n" not in message
    assert message
    return message


# ---- layouts and formats


@pytest.mark.parametrize(
    ("ndim", "layout"), [(1, "L"), (2, "HW"), (3, "CHW"), (4, "NCHW"), (5, "NCDHW")]
)
def test_layout_by_axes(ndim, layout):
    assert default_layout(ndim) == layout


@pytest.mark.parametrize("ndim", [0, 6])
def test_no_usual_layout(ndim):
    with pytest.raises(PoolError, match=f"{ndim} axes"):
        default_layout(ndim)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("NCXW", "unknown letters .X"),
        ("HHW", "twice"),
        ("NC", "no axis to pool"),
        ("LH", "mixes L"),
        ("", "no axis"),
    ],
)
def test_wrong_layouts(layout, words):
    with pytest.raises(RequestError, match=words):
        check_layout(layout)


def test_layout_that_does_not_match_the_array():
    assert check_layout("nhwc", 4) == "NHWC"
    with pytest.raises(PoolError, match="NHWC names 4 axes, the array has 3"):
        check_layout("NHWC", 3)


@pytest.mark.parametrize("word", ["png", ".PNG", "PNG", "jpg", "JPEG", ".tif", "npz"])
def test_format_names(word):
    assert format_named(word).name in {"png", "jpeg", "tiff", "npz"}


def test_unknown_format_names():
    with pytest.raises(RequestError, match="did you mean webp"):
        format_named("wepb")
    with pytest.raises(RequestError, match="there are png"):
        format_named("xyzzy")


def test_formats_travel_between_processes():
    assert pickle.loads(pickle.dumps(FORMATS)) == FORMATS
    assert len({hash(known) for known in FORMATS}) == len(FORMATS)


def test_no_suffix_means_two_formats():
    suffixes = [suffix for known in FORMATS for suffix in known.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_default_format():
    array = FeatureMap(np.ones((2, 2)), "HW")
    assert default_format([array]).name == "npy"
    assert default_format([array, array]).name == "npz"
    assert default_format([image_map("L", format="JPEG")]).name == "jpeg"
    assert default_format([image_map("L", format="TGA")]).name == "png"


@pytest.mark.parametrize(
    ("word", "save", "words"),
    [
        ("jpg", {"qualty": "3"}, "did you mean quality"),
        ("jpg", {"quality": "101"}, "whole number from 1 to 100, not '101'"),
        ("png", {"compress_level": "high"}, "from 0 to 9"),
        ("webp", {"lossless": "maybe"}, "one of true, false"),
        ("bmp", {"quality": "3"}, "there are none"),
        ("npy", {"compressed": "true"}, "there are none"),
        ("tiff", {"quality": "80"}, "compression=jpeg"),
        ("tiff", {"compression": "rar"}, "none, lzw, deflate"),
    ],
)
def test_wrong_save_options(word, save, words):
    with pytest.raises(RequestError, match=words):
        written(image_map("L"), word, save=save)


# ---- arrays

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
    assert read(io.BytesIO(saved(Image.new("RGB", (3, 2)), "PNG")), "CHW")[0].layout == "HWC"


# ---- npz


def test_npz_gives_every_array_in_file_order(tmp_path):
    arrays = {
        "zebra": rng().random((2, 3)),
        "ape": np.arange(4),
        "b/c": np.ones((1, 2, 3), np.float16),
    }
    for save in (np.savez, np.savez_compressed):
        path = tmp_path / "a.npz"
        save(path, **arrays)
        maps = read(path)
        assert [one.name for one in maps] == list(arrays)
        assert all(np.array_equal(one.data, arrays[one.name]) for one in maps)
        assert [one.layout for one in maps] == ["HW", "L", "CHW"]


def archive(*members, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members:
            out.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (archive(), "without .npy"),
        (archive(("a.txt", b"hello")), "without .npy"),
        (
            archive(("a.npy", npy(np.ones(2))), ("readme.txt", b"hi")),
            "array 'readme.txt': it is not an .npy",
        ),
        (archive(("../a.npy", npy(np.ones(2)))), "leads out"),
        (archive(("/a.npy", npy(np.ones(2)))), "leads out"),
        (archive(("c:\\a.npy", npy(np.ones(2)))), "leads out"),
        (archive(("..\\a.npy", npy(np.ones(2)))), "leads out"),
        (archive(("a.npy", npy(np.ones(2))), ("a.npy", npy(np.ones(2)))), "twice"),
        (archive(("a.npy", npy(np.ones(99))[:200])), "array 'a': its header claims 99"),
        (b"PK\x03\x04" + bytes(30), "archive is damaged"),
    ],
)
def test_refused_archives(raw, words):
    assert words in refusal(raw)
    with pytest.raises(FileError):
        peek(io.BytesIO(raw))


def test_damaged_npz_member():
    raw = bytearray(archive(("a.npy", npy(np.arange(100.0)))))
    raw[300] ^= 255
    assert "array 'a': the archive is damaged" in refusal(bytes(raw))


def test_an_archive_that_lies_about_its_sizes():
    raw = archive(
        (
            "a.npy",
            npy_header(
                "{'descr': '|u1', 'fortran_order': False, 'shape': (2000000000,), }", bytes(99)
            ),
        ),
        method=zipfile.ZIP_DEFLATED,
    )
    start = raw.rindex(b"PK\x01\x02")
    lying = raw[: start + 24] + struct.pack("<I", 2_100_000_000) + raw[start + 28 :]
    assert "claims more than the archive holds" in refusal(lying)


def test_encrypted_members():
    raw = bytearray(archive(("a.npy", npy(np.ones(2)))))
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refusal(bytes(raw))


@given(
    hnp.arrays(
        hnp.scalar_dtypes().filter(lambda d: d.str[1:] in [np.dtype(x).str[1:] for x in DTYPES]),
        hnp.array_shapes(min_dims=1, max_dims=5),
    )
)
@settings(max_examples=60, deadline=None)
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


def test_npz_bytes_depend_on_the_arrays_alone(monkeypatch):
    one = FeatureMap(np.ones(3), "L")
    first = written(one, "npz")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert written(one, "npz") == first


def test_npy_holds_one_map():
    with pytest.raises(FileError, match=r"2 maps .* write \.npz"):
        written([FeatureMap(np.ones(3), "L")] * 2, "npy")


def test_pipes_need_no_seeking():
    class Pipe(io.RawIOBase):
        def __init__(self, data):
            self.rest = data

        def readable(self):
            return True

        def readinto(self, buffer):
            got, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
            buffer[: len(got)] = got
            return len(got)

    for word in ("npy", "npz", "png", "tiff", "gif"):
        raw = written(image_map("L"), word)
        assert np.array_equal(read(io.BufferedReader(Pipe(raw)))[0].data, pixels("L"))
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        write([FeatureMap(np.arange(5), "L")], out, format_named("npz"))
    with os.fdopen(reading, "rb") as source:
        assert read(source)[0].data.tolist() == [0, 1, 2, 3, 4]


def test_a_stream_that_seeks_is_left_where_it_was():
    stream = io.BytesIO(b"xx" + npy(np.arange(3)))
    stream.seek(2)
    assert peek(stream).maps[0].shape == (3,)
    assert read(stream)[0].data.tolist() == [0, 1, 2]


# ---- images: what comes in


@pytest.mark.parametrize(
    "known", [known for known in FORMATS if known.pillow], ids=lambda known: known.name
)
@pytest.mark.parametrize("mode", MODES_OF_IMAGES)
def test_every_mode_through_every_format(mode, known, tmp_path):
    """Either the pixels come back, or the reason why not names another format; peek agrees with read."""
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
    if known.name == "jpeg" or (known.name == "gif" and mode in ("LA", "RGB", "RGBA")):
        assert again.data.shape[:2] == one.data.shape[:2]
    elif again.picture.mode == mode and mode != "P":
        assert again.data.dtype == one.data.dtype
        assert np.array_equal(again.data, one.data)
    else:
        assert np.array_equal(rgba(again), rgba(one))


def assert_peek_agrees(source):
    seen = peek(source)
    maps = read(source)
    assert len(seen.maps) == len(maps)
    for header, one in zip(seen.maps, maps, strict=True):
        assert header.form == one.form
        assert (header.name, header.shape, header.dtype, header.layout) == (
            one.name,
            one.data.shape,
            one.data.dtype.name,
            one.layout,
        )
        if one.picture:
            assert header.mode == one.picture.mode
            assert header.dpi == one.picture.dpi
            assert header.icc == (one.picture.icc is not None)
            assert seen.format == one.picture.format.lower()


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
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    if mode == "YCbCr" and compression != "none":
        assert again.picture.mode == "RGB"  # libtiff converts
        return
    assert np.array_equal(again.data, one.data)
    if compression != "none":  # and it is kept
        assert back(again, "tiff")[0].picture.extras == again.picture.extras != ()


def test_short_palettes_and_their_alpha():
    raw = png(
        3, 1, 8, 3, b"\0\0\1\5", chunk(b"PLTE", bytes([1, 2, 3, 4, 5, 6])) + chunk(b"tRNS", b"\x80")
    )
    (one,) = read(io.BytesIO(raw))
    assert one.data.tolist() == [[0, 1, 5]]
    assert one.picture.palette == bytes([1, 2, 3, 4, 5, 6]) + bytes(12)
    assert one.picture.palette_alpha == b"\x80" + b"\xff" * 5
    assert peek(io.BytesIO(raw)).maps[0].palette == 2
    assert_peek_agrees(io.BytesIO(raw))
    (again,) = back(one, "png")
    assert (again.picture.palette, again.picture.palette_alpha) == (
        one.picture.palette,
        one.picture.palette_alpha,
    )
    assert np.array_equal(again.data, one.data)
    for word in ("webp", "tiff", "gif"):
        shown = rgba(back(one, word)[0])
        assert np.array_equal(shown[..., :3], rgba(one)[..., :3])
    with pytest.raises(FileError, match="BMP holds no alpha"):
        written(one, "bmp")


def test_a_single_transparent_index_stays_in_a_gif():
    one = image_map("P", palette_alpha=bytes([255] * 7 + [0] + [255] * 248))
    for word in ("gif", "png"):
        (again,) = back(one, word)
        assert np.array_equal(again.data, one.data)
        assert (again.picture.palette, again.picture.palette_alpha) == (
            one.picture.palette,
            one.picture.palette_alpha,
        )


@pytest.mark.parametrize(("depth", "key"), [(1, 1), (2, 1), (4, 1), (8, 17)])
def test_a_transparent_gray_becomes_alpha(depth, key):
    raw = png(
        8 // depth, 1, depth, 0, bytes([0, 0b00010001]), chunk(b"tRNS", struct.pack(">H", key))
    )
    (one,) = read(io.BytesIO(raw))
    samples = [0b00010001 >> shift & (1 << depth) - 1 for shift in range(8 - depth, -1, -depth)]
    assert one.picture.mode == "LA"
    assert one.data[0, :, 0].tolist() == [sample * 255 // ((1 << depth) - 1) for sample in samples]
    assert one.data[0, :, 1].tolist() == [0 if sample == key else 255 for sample in samples]
    assert_peek_agrees(io.BytesIO(raw))


def test_a_transparent_colour_becomes_alpha():
    raw = png(
        2, 1, 8, 2, bytes([0, 1, 2, 3, 1, 2, 4]), chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    )
    assert read(io.BytesIO(raw))[0].data.tolist() == [[[1, 2, 3, 0], [1, 2, 4, 255]]]
    assert_peek_agrees(io.BytesIO(raw))


def test_sixteen_bit_gray():
    raw = png(2, 1, 16, 0, b"\0" + struct.pack(">HH", 258, 65535))
    (one,) = read(io.BytesIO(raw))
    assert (one.data.dtype, one.data.tolist(), one.picture.mode) == (
        np.uint16,
        [[258, 65535]],
        "I;16",
    )
    for order in "<>":
        raw = tiff(2, 1, 16, struct.pack(f"{order}HH", 258, 65535), order)
        assert read(io.BytesIO(raw))[0].data.tolist() == [[258, 65535]]
        assert_peek_agrees(io.BytesIO(raw))
    white_is_zero = tiff(2, 1, 16, struct.pack("<HH", 258, 65535), t262=0)
    assert read(io.BytesIO(white_is_zero))[0].data.tolist() == [[65535 - 258, 0]]
    (pgm,) = read(io.BytesIO(b"P5 2 1 65535\n" + struct.pack(">HH", 258, 65535)))
    assert (pgm.data.dtype, pgm.data.tolist()) == (np.uint16, [[258, 65535]])


def test_signed_and_float_tiff():
    raw = tiff(2, 1, 16, struct.pack("<hh", -5, 32767), t339=2)
    assert read(io.BytesIO(raw))[0].data.tolist() == [[-5, 32767]]
    assert_peek_agrees(io.BytesIO(raw))
    for order in "<>":
        raw = tiff(2, 1, 32, struct.pack(f"{order}ff", -0.5, 1e30), order, t339=3)
        assert (
            read(io.BytesIO(raw))[0].data.tolist() == np.array([[-0.5, 1e30]], np.float32).tolist()
        )
    unsigned = tiff(2, 1, 32, struct.pack("<II", 5, 2**31 - 1))
    assert read(io.BytesIO(unsigned))[0].data.tolist() == [[5, 2**31 - 1]]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (png(1, 1, 16, 2, b"\0" + bytes(6)), "16 bits a channel, of which Pillow would keep 8"),
        (png(1, 1, 16, 6, b"\0" + bytes(8)), "16 bits a channel"),
        (png(1, 1, 16, 4, b"\0" + bytes(4)), "16 bits a channel"),
        (png(1, 1, 16, 0, b"\0" + bytes(2), chunk(b"tRNS", b"\0\0")), "transparent"),
        (tiff(1, 1, (16, 16, 16), bytes(6), t262=2, t277=3), "16 bits a channel"),
        (tiff(1, 1, (16, 16, 16), bytes(6), ">", t262=2, t277=3), "16 bits a channel"),
        (tiff(1, 1, (16, 16, 16, 16), bytes(8), t262=5, t277=4), "16 bits a channel"),
        (
            tiff(1, 1, (8, 8, 8, 8), bytes(4), t262=2, t277=4, t338=0),
            "4 channels, of which Pillow would keep 3",
        ),
        (
            tiff(1, 1, 64, bytes(8), t339=3),
            "a TIFF that is damaged or has samples Pillow cannot hold",
        ),
        (tiff(1, 1, 32, struct.pack("<I", 2**31)), "past 2147483647"),
        (b"P6 1 1 65535\n" + bytes(6), "16 bits a channel"),
        (b"P6 1 1 1023\n" + bytes(6), "10 bits a channel"),
        (b"P3 1 1 300\n1 2 3\n", "9 bits a channel"),
        (b"", "empty"),
        (b"hello, world\n" * 9, "neither an array"),
        (b"\0", "neither an array"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "drawing"),
    ],
)
def test_what_pillow_would_damage_or_cannot_read(raw, words, monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)  # as if the extra were not installed
    assert words in refusal(raw)
    if "past 2147483647" not in words:
        with pytest.raises(FileError):
            peek(io.BytesIO(raw))


def test_sixteen_bits_in_other_formats():
    sgi = saved(Image.new("L", (4, 4)), "SGI", bpc=2)
    assert "16 bits a channel" in refusal(sgi)
    head = b"\xff\x4f\xff\x51" + bytes(36) + struct.pack(">H", 3)
    assert jpeg_2000_bits(b"jp2 " + head + b"\x0b\1\1" * 3) == 12
    assert avif_bits(b"....av1C\x81\x04\x0c\x00") == 8
    assert avif_bits(b"....av1C\x81\x04\x4c\x00") == 10
    assert avif_bits(b"....av1C\x81\x04\x6c\x00") == 12


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_eight_bit_jpeg_2000(mode):
    raw = saved(Image.fromarray(pixels(mode)), "JPEG2000")
    assert np.array_equal(read(io.BytesIO(raw))[0].data, pixels(mode))
    assert_peek_agrees(io.BytesIO(raw))


@pytest.mark.parametrize(
    ("mode", "expected"), [("PA", "RGBA"), ("La", "LA"), ("RGBa", "RGBA"), ("I;16B", "I;16")]
)
def test_odd_modes_are_converted(mode, expected):
    base = {"PA": "P", "La": "LA", "RGBa": "RGBA", "I;16B": "I;16"}[mode]
    image = Image.frombytes(base, (4, 3), pixels(base, 3, 4).tobytes())
    if mode in ("La", "RGBa"):
        image.putalpha(255)
    image = (
        Image.frombytes(mode, (4, 3), pixels("I;16", 3, 4).astype(">u2").tobytes())
        if mode == "I;16B"
        else image.convert(mode)
    )
    if mode == "RGBa":
        return  # no writer takes it; Pillow's TIFF reader gives RGBA at once
    try:
        raw = saved(image, "TIFF")
    except OSError:
        raw = tiff(4, 3, (8, 8), image.tobytes(), t277=2, t338=1)
    (one,) = read(io.BytesIO(raw))
    assert one.picture.mode == expected
    assert_peek_agrees(io.BytesIO(raw))
    if mode == "I;16B":
        assert np.array_equal(one.data, pixels("I;16", 3, 4))


def test_mislabelled_files_are_read_as_what_they_are(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(npy(np.arange(3)))
    assert peek(path).format == "npy"
    path.write_bytes(saved(Image.new("L", (2, 2)), "BMP"))
    assert read(path)[0].picture.format == "BMP"


def test_mpo_is_its_first_picture():
    first, second = Image.new("RGB", (8, 6), "red"), Image.new("RGB", (4, 3), "blue")
    raw = saved(first, "MPO", save_all=True, append_images=[second])
    (one,) = read(io.BytesIO(raw))
    assert (one.data.shape, one.picture.format, default_format([one]).name) == (
        (6, 8, 3),
        "JPEG",
        "jpeg",
    )
    assert_peek_agrees(io.BytesIO(raw))


STREAMED = [known.name for known in FORMATS if not known.is_folder]


@pytest.mark.parametrize("word", STREAMED)
def test_truncated_files(word):
    one = image_map("L", pixels("L", 64, 64))
    raw = written(one, word)
    for cut in {1, 9, len(raw) // 3, len(raw) // 2, len(raw) - len(raw) // 8}:
        refusal(raw[:cut])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(word=st.sampled_from(STREAMED), seed=st.integers(0, 10**6))
def test_damaged_files_are_read_or_refused(word, seed):
    raw = bytearray(written(image_map("L", pixels("L", 7, 9)), word))
    generator = rng(seed)
    for place in generator.integers(0, len(raw), 3):
        raw[place] = generator.integers(0, 256)
    for look in (read, peek):
        with suppress(PoolError):
            look(io.BytesIO(bytes(raw)))


def test_decompression_bombs(monkeypatch):
    raw = saved(Image.new("L", (30, 20)), "PNG")
    for limit in (500, 299, 10):  # Pillow only warns between one and two times the limit
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        for look in (read, peek):
            with pytest.raises(FileError, match=rf"600 pixels.* past the limit of {limit} pixels"):
                look(io.BytesIO(raw))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)
    assert read(io.BytesIO(raw))[0].data.shape == (20, 30)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert read(io.BytesIO(raw))[0].data.shape == (20, 30)


def test_bombs_do_not_warn(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    raw = saved(Image.new("L", (30, 20)), "PNG")
    with warnings.catch_warnings(record=True) as seen:
        warnings.filterwarnings(
            "ignore", category=Image.DecompressionBombWarning
        )  # as importing poolcli.io does
        assert "30 wide and 20 high" in refusal(raw)
    assert seen == []


# ---- EXIF, profiles, dots


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("word", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied_and_reset(turn, word):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turn, "Maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    image = Image.fromarray(pixels("RGB", 16, 24))
    options = {"WEBP": {"lossless": True}}.get(word, {"dpi": (100, 50)})
    raw = saved(image, word, exif=exif.tobytes(), **options)
    (one,) = read(io.BytesIO(raw))
    assert np.array_equal(
        one.data, np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(raw))))
    )
    header = peek(io.BytesIO(raw)).maps[0]
    assert header.orientation == turn
    assert_peek_agrees(io.BytesIO(raw))
    if word != "WEBP":
        assert np.allclose(one.picture.dpi, (100, 50) if turn < 5 else (50, 100), atol=0.1)
    kept = Image.Exif()
    kept.load(one.picture.exif)
    assert kept.get(0x0112, 1) == 1
    assert kept[0x010F] == "Maker"
    for again_as in ("png", "jpg", "tiff", "webp"):
        again = Image.open(io.BytesIO(written(one, again_as))).getexif()
        assert (again.get(0x0112, 1), again[0x010F]) == (1, "Maker")
        assert again.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"


def test_exif_behind_the_pixels_of_a_png():
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = png(2, 1, 8, 0, b"\0\1\2", behind=chunk(b"eXIf", exif.tobytes()[6:]))
    assert read(io.BytesIO(raw))[0].data.tolist() == [[1], [2]]
    assert peek(io.BytesIO(raw)).maps[0].shape == (2, 1)


def test_damaged_exif_costs_no_picture():
    raw = png(2, 1, 8, 0, b"\0\1\2", chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"))
    (one,) = read(io.BytesIO(raw))
    assert one.data.tolist() == [[1, 2]]
    assert_peek_agrees(io.BytesIO(raw))


def test_structure_tags_do_not_travel_from_exif_into_a_tiff():
    exif = Image.Exif()
    exif[262], exif[258], exif[0x0131] = 0, 1, "soft"
    one = image_map("L", exif=exif.tobytes())
    (again,) = back(one, "tiff")
    assert np.array_equal(again.data, one.data)
    assert b"soft" in again.picture.exif


@pytest.mark.parametrize("word", ["png", "jpg", "tiff", "webp"])
def test_profile_and_dots_are_kept(word):
    one = image_map("RGB", icc=b"profile" * 40, dpi=(300.0, 150.0))
    (again,) = back(one, word)
    assert again.picture.icc == one.picture.icc
    if word != "webp":
        assert np.allclose(again.picture.dpi, (300, 150), atol=0.1)


def test_a_profile_for_gray_does_not_go_with_colours():
    assert back(image_map("L", icc=b"gray"), "webp")[0].picture.icc is None
    assert back(image_map("L", icc=b"gray"), "png")[0].picture.icc == b"gray"
    assert back(image_map("P", icc=b"rgb"), "jpg")[0].picture.icc == b"rgb"


def test_facts_never_break_a_write():
    one = image_map("RGB", exif=b"Exif\0\0" + bytes(70_000), dpi=(1e9, 1.0), icc=b"x" * 100)
    for word in ("png", "jpg", "tiff", "webp", "bmp"):
        assert back(one, word)[0].data.shape == one.data.shape


# ---- pages and animations


def test_tiff_pages():
    modes = ["RGB", "L", "I;16", "F", "1", "P"]
    maps = [image_map(mode, pixels(mode, 5 + number, 7)) for number, mode in enumerate(modes)]
    raw = written(maps, "tiff")
    again = read(io.BytesIO(raw))
    assert [one.name for one in again] == list("012345")
    assert [one.picture.mode for one in again] == modes
    assert all(np.array_equal(one.data, was.data) for one, was in zip(again, maps, strict=True))
    assert_peek_agrees(io.BytesIO(raw))


def animation(mode, count=5):
    frames = [pixels(mode, 12, 14, seed) for seed in range(count)]
    frames = [frame // 64 * 64 for frame in frames]
    if mode == "RGBA":
        for frame in frames:
            frame[..., 3] = np.where(frame[..., 3] > 64, 255, 0)
            frame[frame[..., 3] == 0] = 0
    return frames


@pytest.mark.parametrize("word", ["gif", "webp", "png"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_animations_come_back(word, mode):
    frames = animation(mode)
    extras = [(("duration", 50 + 10 * number), ("loop", 3)) for number in range(5)]
    maps = [
        image_map(mode, frame, format=format_named(word).pillow, extras=each)
        for frame, each in zip(frames, extras, strict=True)
    ]
    raw = written(maps, word)
    again = read(io.BytesIO(raw))
    assert [one.name for one in again] == list("01234")
    # libwebp codes what does not change as transparent, so an animation has alpha
    assert {one.picture.mode for one in again} == {"RGBA" if word == "webp" else mode}
    for one, frame in zip(again, frames, strict=True):
        alpha = frame[..., 3] if mode == "RGBA" else np.full(frame.shape[:2], 255, np.uint8)
        assert np.array_equal(one.data[alpha > 0][:, :3], frame[alpha > 0][:, :3])
        assert one.data.shape[2] == 3 or np.array_equal(one.data[..., 3], alpha)
    assert [dict(one.picture.extras)["duration"] for one in again] == [50, 60, 70, 80, 90]
    assert dict(again[0].picture.extras)["loop"] == 3
    assert_peek_agrees(io.BytesIO(raw))
    twice = read(io.BytesIO(written(again, word)))
    assert all(np.array_equal(a.data, b.data) for a, b in zip(again, twice, strict=True))


@pytest.mark.parametrize("transparent", [False, True])
def test_palette_gif_frames_are_composed(transparent):
    frames = [
        Image.frombytes("P", (14, 12), (pixels("P", 12, 14, seed) % 8).tobytes())
        for seed in range(3)
    ]
    for frame in frames:
        frame.putpalette(bytes(range(24)))
    options = {"transparency": 3, "disposal": 2} if transparent else {}
    raw = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40, **options)
    maps = read(io.BytesIO(raw))
    assert {one.picture.mode for one in maps} == {"RGBA" if transparent else "RGB"}
    for frame, one in zip(frames, maps, strict=True):
        indices = np.asarray(frame)
        shown = np.arange(24).reshape(8, 3)[indices]
        seen = indices != 3 if transparent else np.ones_like(indices, bool)
        assert np.array_equal(one.data[seen][:, :3], shown[seen])
    assert_peek_agrees(io.BytesIO(raw))


def test_single_gifs_keep_their_palette():
    image = Image.frombytes("P", (14, 12), (pixels("P", 12, 14) % 8).tobytes())
    image.putpalette(bytes(range(24)))
    (one,) = read(io.BytesIO(saved(image, "GIF")))
    assert one.picture.mode == "P"
    assert one.picture.extras == ()


def test_gray_animations_become_colour():
    frames = [Image.fromarray(pixels("L", 6, 7, seed)) for seed in range(3)]
    for word, options in (("GIF", {}), ("PNG", {})):
        raw = saved(
            frames[0], word, save_all=True, append_images=frames[1:], duration=40, **options
        )
        maps = read(io.BytesIO(raw))
        assert all(
            np.array_equal(one.data[..., 0], np.asarray(frame))
            for one, frame in zip(maps, frames, strict=True)
        )
        assert_peek_agrees(io.BytesIO(raw))


def test_a_default_image_stays_out_of_the_animation():
    frames = [Image.fromarray(frame) for frame in animation("RGB", 4)]
    raw = saved(
        frames[0],
        "PNG",
        save_all=True,
        append_images=frames[1:],
        default_image=True,
        duration=[10, 20, 30],
    )
    maps = read(io.BytesIO(raw))
    assert len(maps) == 4
    again = Image.open(io.BytesIO(written(maps, "png")))
    assert (again.default_image, again.n_frames) == (True, 4)


def test_pages_need_a_format_that_holds_them():
    maps = [image_map("L"), image_map("L")]
    for word in ("jpg", "bmp", "ppm"):
        with pytest.raises(
            FileError,
            match=r"2 maps need a format with pages: write .tiff or .webp or .gif or .npz",
        ):
            written(maps, word)
    with pytest.raises(FileError, match="a PNG has one"):
        written([image_map("L", format="TIFF")] * 2, "png")
    with pytest.raises(FileError, match="one size"):
        written([image_map("L"), image_map("L", pixels("L", 3, 3))], "gif")


# ---- what a format holds


def test_gif_colours_are_exact_while_they_fit():
    few = rng().integers(0, 256, (255, 3), dtype=np.uint8)[rng(1).integers(0, 255, (20, 20))]
    assert np.array_equal(rgba(back(image_map("RGB", few), "gif")[0])[..., :3], few)
    alpha = np.dstack([few, np.where(rng(2).random((20, 20)) < 0.3, 0, 255).astype(np.uint8)])
    shown = rgba(back(image_map("RGBA", alpha), "gif")[0])
    assert np.array_equal(shown[..., 3], alpha[..., 3])
    assert np.array_equal(shown[alpha[..., 3] > 0], alpha[alpha[..., 3] > 0])
    many = back(image_map("RGB", pixels("RGB", 64, 64)), "gif")[0]
    assert np.abs(rgba(many)[..., :3].astype(int) - pixels("RGB", 64, 64)).mean() < 40


def test_all_clear_gif():
    shown = rgba(back(image_map("RGBA", np.zeros((4, 4, 4), np.uint8)), "gif")[0])
    assert not shown[..., 3].any()


@pytest.mark.parametrize(
    ("mode", "word", "words"),
    [
        ("RGBA", "jpg", r"JPEG holds no alpha \(mode RGBA\): write .png"),
        ("LA", "jpg", "JPEG holds no alpha"),
        ("I;16", "jpg", "JPEG holds no 16-bit gray .*--scale"),
        ("F", "jpg", "float32 map has no pixel range"),
        ("I", "png", "int32 map has no pixel range"),
        ("CMYK", "png", r"PNG holds no CMYK .*: write .jpg or .tiff"),
        ("LAB", "webp", "WEBP holds no LAB .*: write .tiff"),
        ("HSV", "tiff", "TIFF holds no HSV .*: write .npy"),
        ("RGBA", "bmp", "BMP holds no alpha"),
        ("RGBA", "ppm", "PPM holds no alpha"),
        ("I;16", "gif", "GIF holds no 16-bit"),
    ],
)
def test_what_a_format_does_not_hold(mode, word, words):
    with pytest.raises(FileError, match=words):
        written(image_map(mode), word)


def test_opaque_alpha_is_no_alpha():
    data = pixels("RGBA")
    data[..., 3] = 255
    assert np.array_equal(back(image_map("RGBA", data), "bmp")[0].data, data[..., :3])


def test_sides_have_limits():
    with pytest.raises(FileError, match="1x16384 pixels are more than WEBP holds"):
        written(image_map("L", np.zeros((1, 16384), np.uint8)), "webp")


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


# ---- arrays as images


@pytest.mark.parametrize(
    ("shape", "layout", "mode"),
    [
        ((4, 5), "HW", "L"),
        ((1, 4, 5), "CHW", "L"),
        ((1, 1, 4, 5), "NCHW", "L"),
        ((2, 4, 5), "CHW", "LA"),
        ((1, 3, 4, 5), "NCHW", "RGB"),
        ((4, 5, 4), "HWC", "RGBA"),
        ((1, 1), "HW", "L"),
        ((5, 4), "WH", "L"),
    ],
)
def test_arrays_as_images(shape, layout, mode):
    data = rng().integers(0, 256, shape, dtype=np.uint8)
    (again,) = back(FeatureMap(data, layout), "png")
    assert again.picture.mode == mode
    order = [
        layout.index(letter)
        for letter in "HWC"
        if letter in layout and (letter != "C" or mode != "L")
    ]
    expected = data.transpose(order + [axis for axis in range(data.ndim) if axis not in order])
    assert np.array_equal(again.data, expected.reshape(again.data.shape))


@pytest.mark.parametrize(
    ("dtype", "word", "mode"),
    [
        ("?", "png", "1"),
        ("u2", "png", "I;16"),
        ("u2", "tiff", "I;16"),
        ("i4", "tiff", "I"),
        ("f4", "tiff", "F"),
    ],
)
def test_dtypes_that_are_images(dtype, word, mode):
    data = (rng().random((4, 5)) * 3 - 1).astype(dtype)
    (again,) = back(FeatureMap(data, "HW"), word)
    assert again.picture.mode == mode
    assert np.array_equal(again.data, data)


@pytest.mark.parametrize(
    ("shape", "layout", "words"),
    [
        (
            (64, 4, 5),
            "CHW",
            r"64x4x5 \(CHW\) has 64 channels, an image takes 1 channel .*write .npy",
        ),
        ((8, 3, 4, 5), "NCHW", r"8x3x4x5 \(NCHW\) is no picture"),
        ((9,), "L", "is no picture"),
        ((3, 4, 5), "DHW", "is no picture"),
        ((2, 9), "NC", "is no picture"),
        ((1, 9), "NC", "no height and width"),
    ],
)
def test_maps_that_are_no_images(shape, layout, words):
    with pytest.raises(FileError, match=words):
        written(FeatureMap(np.ones(shape, np.uint8), layout), "png")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i8", "u4", "u8"])
def test_values_without_a_pixel_range_ask_for_scale(dtype):
    one = FeatureMap(np.array([[0, 1], [2, 100]], dtype), "HW")
    with pytest.raises(
        FileError, match=rf"{np.dtype(dtype).name} map has no pixel range: .*--scale minmax.*\.npy"
    ):
        written(one, "png")
    assert back(one, "png", scale="none")[0].data.tolist() == [[0, 1], [2, 100]]
    assert back(one, "png", scale="minmax")[0].data.tolist() == [[0, 3], [5, 255]]


def test_scales():
    values = np.array([[np.nan, np.inf, -np.inf, 0.5, 1.5, 300, -2]])
    assert back(FeatureMap(values, "HW"), "png", scale="none")[0].data.tolist() == [
        [0, 255, 0, 0, 2, 255, 0]
    ]
    assert back(FeatureMap(values, "HW"), "png", scale="minmax")[0].data.tolist() == [
        [0, 255, 0, 2, 3, 255, 0]
    ]
    huge = np.array([[-1.7e308, 0, 1.7e308]])
    assert back(FeatureMap(huge, "HW"), "png", scale="minmax")[0].data.tolist() == [[0, 128, 255]]
    for flat in (np.full((2, 2), 7.0), np.full((2, 2), np.nan), np.full((2, 2), 2**62)):
        assert not back(FeatureMap(flat, "HW"), "png", scale="minmax")[0].data.any()
    with pytest.raises(RequestError, match="minmax or none"):
        written(FeatureMap(values, "HW"), "png", scale="max")


def test_scale_leaves_pixels_alone_and_helps_images_that_lost_their_range():
    assert np.array_equal(back(image_map("L"), "png", scale="minmax")[0].data, pixels("L"))
    photo = image_map("CMYK").with_data(pixels("CMYK").astype(np.float32))
    with pytest.raises(FileError, match="float32 map with 4 channels has no pixel range"):
        written(photo, "tiff")
    (again,) = back(photo, "tiff", scale="none")
    assert again.picture.mode == "CMYK"
    assert np.array_equal(again.data, pixels("CMYK"))
    assert back(image_map("I;16"), "jpg", scale="minmax")[0].data.dtype == np.uint8


def test_a_refused_write_writes_nothing():
    stream = io.BytesIO()
    with pytest.raises(FileError):
        write([image_map("RGBA")], stream, format_named("jpg"))
    assert stream.getvalue() == b""


# ---- atomic files


def test_atomic_appears_at_the_end(tmp_path):
    path = tmp_path / "out.png"
    with atomic(path, overwrite=False) as stream:
        stream.write(b"hello")
        assert not path.exists()
        (part,) = tmp_path.iterdir()
        assert part.name.startswith(".out.png.")
        assert part.name.endswith(".poolcli-part")
    assert path.read_bytes() == b"hello"
    assert list(tmp_path.iterdir()) == [path]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, FileError("no"), SystemExit])
@pytest.mark.parametrize("overwrite", [False, True])
def test_atomic_leaves_nothing_of_a_failure(tmp_path, error, overwrite):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def fail():
        with atomic(path, overwrite=overwrite) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("links", [True, False])
def test_atomic_does_not_clobber(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(
            os, "link", lambda *_, **__: (_ for _ in ()).throw(PermissionError(1, "no links here"))
        )
    path, fresh = tmp_path / "out", tmp_path / "fresh"

    def too_late():
        with atomic(path, overwrite=False) as stream:
            stream.write(b"new")
            path.write_bytes(b"appeared meanwhile")

    with pytest.raises(FileError, match="already exists: --overwrite"):
        too_late()
    assert path.read_bytes() == b"appeared meanwhile"
    with atomic(path, overwrite=True) as stream:
        stream.write(b"new")
    with atomic(fresh, overwrite=False) as stream:
        stream.write(b"new")
    assert path.read_bytes() == fresh.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [fresh, path]


def test_atomic_says_what_the_system_refused(tmp_path, monkeypatch):
    def attempt(path):
        with pytest.raises(FileError) as caught, atomic(path, overwrite=True) as stream:
            stream.write(b"x")
        return str(caught.value)

    (tmp_path / "file").write_bytes(b"")
    assert "no such file or folder" in attempt(tmp_path / "none" / "a")
    assert "not a folder" in attempt(tmp_path / "file" / "a")
    assert "too long" in attempt(tmp_path / ("a" * 300))
    assert "is a folder" in attempt(tmp_path)
    assert attempt(tmp_path).startswith(f"cannot write {tmp_path}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk(tmp_path):
    with (
        pytest.raises(FileError, match="disk is full"),
        atomic(Path("/dev/full"), overwrite=True) as stream,
    ):
        stream.write(b"x" * 10)


def test_long_names_are_not_made_too_long(tmp_path):
    path = tmp_path / ("a" * 250)
    with atomic(path, overwrite=False) as stream:
        stream.write(b"x")
    assert path.read_bytes() == b"x"


def test_devices_are_written_not_replaced():
    with atomic(Path("/dev/null"), overwrite=True) as stream:
        stream.write(b"x")
    assert not Path("/dev/null").is_file()


def test_unreadable_paths(tmp_path):
    for look in (read, peek):
        with pytest.raises(FileError, match="no such file"):
            look(tmp_path / "none.png")
        with pytest.raises(FileError, match="is a folder"):
            look(tmp_path)


def test_threads_read_alike():
    raws = [written(image_map("RGB"), word) for word in ("png", "tiff", "webp", "npy")] * 8
    seen = []

    def work(raw):
        seen.append(int(read(io.BytesIO(raw))[0].data.sum()))

    threads = [threading.Thread(target=work, args=(raw,)) for raw in raws]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {int(pixels("RGB").sum())}
    assert len(seen) == len(raws)
