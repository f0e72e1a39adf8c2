"""Archives of arrays: order, names, damage."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile

import numpy as np
import pytest
from handmade import npy, npy_header
from round_trips import refusal, rng, written

from poolcli.errors import FileError
from poolcli.io import (
    peek,
    read,
)
from poolcli.maps.feature_map import FeatureMap


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


def test_npz_bytes_depend_on_the_arrays_alone(monkeypatch):
    one = FeatureMap(np.ones(3), "L")
    first = written(one, "npz")
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert written(one, "npz") == first
