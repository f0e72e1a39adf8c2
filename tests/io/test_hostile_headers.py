"""Headers that claim what no file holds: a row at once, in little memory, and nothing raw."""

import gzip
import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from handmade import npy

from poolcli.io import FORMATS
from poolcli.resources.extras import has_extra

MOST = 48_000_000  # bytes that reading a header may take at once


def npy_text(text, length=118):
    return b"\x93NUMPY\1\0" + struct.pack("<H", length) + text.ljust(length - 1) + b"\n"


def overlapping(count):
    """A zip whose members are all the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("00000.npy", npy(np.zeros((400, 400))))
    raw = stream.getvalue()
    start, end = raw.index(b"PK\1\2"), raw.index(b"PK\5\6")
    entry = raw[start:end]
    entries = b"".join(entry.replace(b"00000", b"%05d" % number) for number in range(count))
    tail = struct.pack("<HHHHIIH", 0, 0, count, count, len(entries), start, 0)
    return raw[:start] + entries + b"PK\5\6" + tail


def safetensors(header):
    return struct.pack("<Q", len(header)) + header + bytes(4)


def tensor(shape, end=4):
    return safetensors(b'{"a":{"dtype":"F32","shape":[%s],"data_offsets":[0,%d]}}' % (shape, end))


def nifti(sizes, offset=352.0):
    raw = bytearray(352)
    struct.pack_into("<i", raw, 0, 348)
    struct.pack_into("<8h", raw, 40, len(sizes), *sizes, *[1] * (7 - len(sizes)))
    struct.pack_into("<hh", raw, 70, 16, 32)
    struct.pack_into("<f", raw, 108, offset)
    raw[344:348] = b"n+1\0"
    return bytes(raw)


def fits(*sizes):
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32"]
    cards.append(f"NAXIS   = {len(sizes):>20}")
    cards += [f"NAXIS{axis:<3}= {size:>20}" for axis, size in enumerate(sizes, start=1)]
    return "".join(card.ljust(80) for card in [*cards, "END"]).ljust(2880).encode()


def exr(*window):
    def attribute(name, kind, value):
        return name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value

    channels = b"R\0" + struct.pack("<4i", 1, 0, 1, 1) + b"\0"
    return (
        b"\x76\x2f\x31\x01\2\0\0\0"
        + attribute(b"channels", b"chlist", channels)
        + attribute(b"compression", b"compression", b"\0")
        + attribute(b"dataWindow", b"box2i", struct.pack("<4i", *window))
        + attribute(b"displayWindow", b"box2i", struct.pack("<4i", 0, 0, 3, 3))
        + attribute(b"lineOrder", b"lineOrder", b"\0")
        + bytes(65)
    )


HUGE = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1099511627776), }"
HOSTILE = {
    "header.npy": b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 16) + b"{'descr'",
    "claim.npy": npy_text(HUGE),
    "deep.npy": npy_text(b"(" * 8999, 9000),
    "overlap.npz": overlapping(20_000),
    "long.safetensors": struct.pack("<Q", 2**32) + b"{" + bytes(100),
    "deep.safetensors": safetensors(b'{"a":' + b"[" * 10**5 + b"]" * 10**5 + b"}"),
    "claim.safetensors": tensor(b"1099511627776,1048576", 2**62),
    "axes.safetensors": tensor(b"1," * 10**5 + b"1"),
    "digits.safetensors": tensor(b"9" * 5000),
    "claim.nii": nifti((32767, 32767, 32767)),
    "offset.nii": nifti((4, 4), 1e30),
    "nan.nii": nifti((4, 4), float("nan")),
    "claim.nii.gz": gzip.compress(nifti((32767, 32767, 32767))),
    "claim.fits": fits(9_999_999_999_999, 9_999_999_999_999),
    "axes.fits": fits(*[1] * 999),
    "claim.exr": exr(0, 0, 2_000_000_000, 2_000_000_000),
    "wrap.exr": exr(-(2**31), -(2**31), 2**31 - 1, 2**31 - 1),
    "claim.pfm": b"PF\n999999999 999999999\n-1\n" + bytes(64),
    "claim.ppm": b"P6\n99999 99999\n255\n" + bytes(64),
    "claim.sgi": b"\x01\xda\x00\x01" + struct.pack(">HHHH", 3, 65535, 65535, 3) + bytes(504),
    "claim.qoi": b"qoif" + struct.pack(">II", 60_000, 60_000) + b"\4\0" + bytes(16),
}


def extra_of(name):
    found = (one for one in FORMATS if any(name.endswith(suffix) for suffix in one.suffixes))
    return next(found).extra


@pytest.mark.complete
@pytest.mark.parametrize("command", ["info", "max -k 1"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_row_at_once_in_little_memory(cli, tmp_path, name, command):
    extra = extra_of(name)
    if extra and not has_extra(extra):
        pytest.skip(f"the extra {extra} is not installed")
    with (tmp_path / name).open("wb") as stream:
        stream.write(HOSTILE[name])
        if name == "header.npy":
            stream.truncate(2**32)  # the header is as long as it says, and takes no space
    cli(*command.split(), name)  # which imports what it needs
    tracemalloc.start()
    ran = cli(*command.split(), name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (ran.code, ran.err.count("\n")) == (1, 1), ran.err
    assert "mistake in poolcli" not in ran.err
    assert peak < MOST
    assert [path.name for path in tmp_path.iterdir()] == [name]


NAME = "\x1b]0;mine\x07\x1b[31m<script>alert(1)</script>"


@pytest.mark.parametrize("style", ["table", "json", "csv"])
def test_names_and_metadata_reach_no_terminal_raw(cli, tmp_path, style):
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    header = json.dumps({"__metadata__": {NAME: NAME}, NAME: entry}, ensure_ascii=False)
    (tmp_path / "a.safetensors").write_bytes(safetensors(header.encode()))
    np.savez(tmp_path / "a.npz", **{NAME: np.ones((4, 4))})
    for words in (
        ["info", "a.safetensors", "a.npz"],
        ["max", "-k", 1, "a.safetensors", "a.npz", "-o", "out"],
        ["info", f"a.npz::{NAME}"],
        ["info", "a.npz::nothing"],
    ):
        ran = cli(*words, "--report", style)
        shown = ran.text + ran.err
        assert all(letter.isprintable() or letter == "\n" for letter in shown), words


def test_the_page_of_compare_escapes_what_comes_from_files(cli, tmp_path):
    name = "<script>alert(1)<!--.npy"
    np.save(tmp_path / name, np.arange(64, dtype=np.uint8).reshape(8, 8))
    ran = cli("compare", name, "max -k 2", "avg -k 2", "--html", "page.html")
    assert ran.code == 0, ran.err
    page = (tmp_path / "page.html").read_text()
    assert "<script>alert" not in page
    assert "<!--.npy" not in page
